# The portal, without data and without secrets. web, worker, beat and migrate are the same image with another command.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --compile -r requirements.txt

FROM python:3.11-slim
# What WeasyPrint loads, the sandbox of uploads and the reading of scans; the text fonts are in static/fonts. Versions come with the base image's Debian release.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig \
    bubblewrap ghostscript tesseract-ocr tesseract-ocr-vie tesseract-ocr-osd \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 portal \
 && useradd --uid 10001 --gid portal --no-create-home --shell /usr/sbin/nologin portal \
 && install -d -o portal -g portal -m 0700 /data /var/cache/portal
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
# .dockerignore names what goes in.
COPY . .
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=bpmc_portal.settings DATA_DIR=/data XDG_CACHE_HOME=/var/cache/portal
RUN python -m compileall -q .
USER 10001:10001
EXPOSE 8000
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "bpmc_portal.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--log-level", "warning"]
