// Runs in the browser, on the page that describes the interface.
window.SwaggerUIBundle({
  url: '/docs/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  // Nothing of this page is sent anywhere.
  validatorUrl: null,
})
