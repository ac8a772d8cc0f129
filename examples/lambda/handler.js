/**
 * Hands events of an API Gateway HTTP API, or of a function URL, to a Fastify app (payload format 2.0). The app does not
 * listen: `inject` runs a request through it.
 *
 * @param {import('fastify').FastifyInstance} app ready, with fastify2fa
 */
export function createHandler (app) {
  return async function handler (event) {
    const { headers, cookies = [], rawPath, rawQueryString, requestContext, body, isBase64Encoded } = event
    const response = await app.inject({
      method: requestContext.http.method,
      url: rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath,
      headers: { ...headers, ...(cookies.length > 0 && { cookie: cookies.join('; ') }) },
      // What the gateway saw. Limits count it, and X-Forwarded-For, which clients can send, is not needed.
      remoteAddress: requestContext.http.sourceIp,
      ...(body !== undefined && { payload: isBase64Encoded ? Buffer.from(body, 'base64') : body })
    })
    // Links and notices are sent after the answer, and the platform freezes the process as soon as it has one.
    await app.twoFactor.delivered()
    // Connections do not outlive a freeze, and nobody would notice before the next request.
    app.twoFactor.core.dropIdleConnections()
    return answerOf(response)
  }
}

/** The response as the gateway takes it: cookies apart, and everything that is no text in base64. */
function answerOf ({ statusCode, headers, rawPayload }) {
  const { 'set-cookie': cookies = [], ...others } = headers
  const isText = /^(text\/|application\/(json|xml|javascript|.*\+(json|xml)))/.test(String(others['content-type'] ?? 'text/plain')) &&
    others['content-encoding'] === undefined
  return {
    statusCode,
    headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, [value].flat().join(', ')])),
    cookies: [cookies].flat(),
    body: rawPayload.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText
  }
}
