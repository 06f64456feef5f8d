// Starts the API viewer on /docs. It lies in a file of its own because pages run no inline scripts.
"use strict";

const viewer = document.getElementById("viewer");

window.SwaggerUIBundle({
  url: viewer.dataset.openapi,
  domNode: viewer,
  deepLinking: true,
  // The default asks a validator on another host about the description.
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.credentials = "same-origin";
    return request;
  },
});
