// Starts Swagger UI on the API's own page. The bundle is a classic script, so its global exists before this module runs.
const root = document.getElementById("swagger-ui");

window.SwaggerUIBundle({
  url: root.dataset.schema,
  domNode: root,
  deepLinking: true,
  // Its default would send our schema to a validator on another host.
  validatorUrl: null,
  requestInterceptor(request) {
    // "Try it out" in a signed-in browser uses the session, which wants the token of this page.
    if (!["GET", "HEAD", "OPTIONS"].includes(request.method ?? "GET")) {
      request.headers["X-CSRFToken"] = root.dataset.csrf;
    }
    return request;
  },
});
