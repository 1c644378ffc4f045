"""One settings file. Every difference between deployments is an environment variable; required values have no default."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str) -> bool:
    """Read a yes/no environment variable: `1`, `true`, `yes`, `on` are yes."""
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


SECRET_KEY = os.environ["SECRET_KEY"]
# Tracking secrets and tokens of receipts derive from this key (dossiers/tracking.py). Losing it makes every printed receipt
# untraceable, so it is kept apart from SECRET_KEY, which may be rotated.
TRACKING_KEY = os.environ["TRACKING_KEY"]
DEBUG = flag("DEBUG")
DEMO = flag("DEMO")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
# Written into QR codes and messages, where no request is at hand.
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}").rstrip("/")
# How long the applicant has to answer a letter that stops the clock, in calendar days, when the letter names no day (docs/decisions/0014).
ANSWER_WITHIN_DAYS = int(os.environ.get("ANSWER_WITHIN_DAYS", "30"))
# Whether every refusal must name its legal basis, the uncoded ones too (docs/decisions/0016-letters.md).
REFUSAL_NEEDS_LEGAL_BASIS = flag("REFUSAL_NEEDS_LEGAL_BASIS")
# The account that fees are transferred to; without all three no QR code is offered (docs/decisions/0018).
BANK_BIN = os.environ.get("BANK_BIN", "")
BANK_ACCOUNT = os.environ.get("BANK_ACCOUNT", "")
BANK_ACCOUNT_NAME = os.environ.get("BANK_ACCOUNT_NAME", "")
# The payment gateway: its address, our partner code there, and the secret that both sides sign with. Without them it is not offered.
GATEWAY_URL = os.environ.get("GATEWAY_URL", "").rstrip("/")
GATEWAY_PARTNER = os.environ.get("GATEWAY_PARTNER", "")
GATEWAY_SECRET = os.environ.get("GATEWAY_SECRET", "")
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / ".data"))
# Keys and pictures of signatures, and under trust/ the root certificates and revocation lists (docs/decisions/0023-signing.md).
SIGNING_DIR = Path(os.environ.get("SIGNING_DIR") or DATA_DIR / "signing")
# The RFC 3161 time-stamp server; without one signatures are of level B-B.
TSA_URL = os.environ.get("TSA_URL", "")
# Where the bytes of papers lie: empty is the folder DATA_DIR/blobs, else s3://bucket/prefix?endpoint=https://… (docs/decisions/0020-files.md).
BLOB_STORE = os.environ.get("BLOB_STORE", "")
# The watched folder of the scanners: a folder an account (digitization/scan_folder.py).
SCANS_DIR = Path(os.environ.get("SCANS_DIR") or DATA_DIR / "scans")
BRAND = {
    "name": "Một cửa điện tử",
    "ministry": os.environ.get("BRAND_MINISTRY", "Bộ Lao động – Thương binh và Xã hội"),
    # The official emblem is a file that the ministry places; the star is a placeholder.
    "emblem": os.environ.get("BRAND_EMBLEM", "img/emblem-placeholder.svg"),
    "phone": os.environ.get("BRAND_PHONE", ""),
}

INSTALLED_APPS = [
    "bpmc_portal.accounts",
    "bpmc_portal.numbering",
    "bpmc_portal.idempotency",
    "bpmc_portal.jobs",
    "bpmc_portal.audit",
    "bpmc_portal.sign_in",
    "bpmc_portal.notices",
    "procedures",
    "desk",
    "digitization",
    "dossiers",
    "reporting",
    "bpmc_portal.apps.PortalConfig",
    "bpmc_portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "csp",
]

MIDDLEWARE = [
    "bpmc_portal.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bpmc_portal.middleware.chosen_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bpmc_portal.middleware.refuse_writes_on_get",
    "bpmc_portal.middleware.domain_errors",
    "bpmc_portal.middleware.session_rules",
    "bpmc_portal.middleware.access_table",
    "bpmc_portal.middleware.private_pages",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "bpmc_portal.urls"
WSGI_APPLICATION = "bpmc_portal.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bpmc_portal.context.portal",
                "desk.views.bar_page.ticket_bar",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "bpmc_portal.templatetags.mc",
                "bpmc_portal.templatetags.components",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=300, conn_health_checks=True),
        "OPTIONS": {
            "options": "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
            " -c timezone=UTC -c jit=off"
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ["REDIS_URL"]
_redis = urlsplit(REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
    }
}
# Redis is only Celery's doorbell: the work itself is a row in PostgreSQL (bpmc_portal/jobs).
CELERY_BROKER_URL = f"redis+socket://{_redis.path}" if _redis.scheme == "unix" else REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = (
    250_000  # KiB; WeasyPrint grows (design figure: 73 → 143 MB after 100 renders)
)
CELERY_TASK_SOFT_TIME_LIMIT = 110
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "desk"
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 43_200,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "max_retries": 1,
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "home"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
OTP_TOTP_ISSUER = BRAND["ministry"]
# Wrong codes are counted in the security log, for authenticator and recovery codes together (bpmc_portal/sign_in/services.py).
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
# Never a global account lock: a stranger could keep a clerk out on purpose.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "bpmc_portal.sign_in.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_IPWARE_PROXY_COUNT = int(os.environ.get("PROXY_COUNT", "0"))

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
DATE_INPUT_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"]

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "media"},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "woff2", "png", "svgz", "gz", "br")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DOCUMENT_MAX_BYTES = 20 * 1024 * 1024
# "required": take in no file where bubblewrap does not work; otherwise limits of processes must do (docs/decisions/0019-sandbox.md).
SANDBOX = os.environ.get("SANDBOX", "auto")
# A stack of scans, which arrives in pieces and is split into papers.
BATCH_MAX_BYTES = 200 * 1024 * 1024
# What one account may send in pieces on one day.
UPLOAD_MAX_BYTES_A_DAY = int(os.environ.get("UPLOAD_MAX_MB_A_DAY", "4096")) * 1024 * 1024

# HTTPS everywhere except on the loopback address, where `make run` serves plain HTTP.
SECURE = urlsplit(PUBLIC_URL).scheme == "https"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY") else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-sessionid" if SECURE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "bpmc_portal.errors.csrf_failure"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = int(os.environ.get("SESSION_IDLE_SECONDS", 15 * 60))
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bpmc_portal.accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    # The access table (bpmc_portal/access.py) is the gate of every URL; this only says that nothing is open by default.
    "DEFAULT_PERMISSION_CLASSES": ["bpmc_portal.access.TablePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bpmc_portal.api_input.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "bpmc_portal.api_schema.PortalSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "bpmc_portal.errors.problem_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": False,
}
REST_KNOX = {
    "TOKEN_TTL": None,
    "AUTH_HEADER_PREFIX": "Token",
    "SECURE_HASH_ALGORITHM": "hashlib.sha512",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Một Cửa – API",
    "DESCRIPTION": "Giao diện lập trình của Cổng Một cửa. Lỗi theo RFC 9457 với `code` ổn định và `detail` tiếng Việt.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "dossiers.models.Status",
        "ActionEnum": "dossiers.api_shapes.ACTIONS",
        "StateEnum": "digitization.models.Document.State",
        "KindEnum": "bpmc_portal.accounts.models.Applicant.Kind",
        "LetterKindEnum": "dossiers.models.Letter.Kind",
        "PaymentStateEnum": "dossiers.models.Payment.State",
        "TicketStatusEnum": "desk.models.TicketStatus",
        "CounterStateEnum": "desk.api_shapes.COUNTER_STATES",
        "AtCounterEnum": "desk.api_shapes.AT_COUNTER_STATES",
    },
}

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Một cửa điện tử <khong-tra-loi@localhost>")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "bpmc_portal.logs.RequestIdFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["request"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # A refused page is not an incident; its path may carry a tracking token.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
