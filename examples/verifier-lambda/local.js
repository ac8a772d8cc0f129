// As much of API Gateway as it takes to try the handlers: REST API at /orders, /payout and /admin, HTTP API at /http/orders.
import { createServer } from 'node:http'
import { admin, orders, ordersOfHttpApi, payout } from './index.js'

const AUTHORIZERS = { '/orders': orders, '/payout': payout, '/admin': admin }

function multiValueHeaders (rawHeaders) {
  const headers = {}
  for (let i = 0; i < rawHeaders.length; i += 2) (headers[rawHeaders[i]] ??= []).push(rawHeaders[i + 1])
  return headers
}

async function byRestApi (authorizer, { method, url, rawHeaders }) {
  const methodArn = `arn:aws:execute-api:eu-west-1:123456789012:abc/prod/${method}${url}`
  const policy = await authorizer({ type: 'REQUEST', httpMethod: method, methodArn, multiValueHeaders: multiValueHeaders(rawHeaders) })
    .catch((error) => ({ status: error.message === 'Unauthorized' ? 401 : 500, body: JSON.stringify({ message: error.message }) }))
  if (policy.status !== undefined) return policy
  const [{ Effect, Resource }] = policy.policyDocument.Statement
  // A gateway response, ACCESS_DENIED, can answer with $context.authorizer.body.
  if (Effect !== 'Allow' || Resource !== methodArn) return { status: 403, body: policy.context.body }
  return { status: 200, body: JSON.stringify({ user: policy.context.userId }) }
}

async function byHttpApi ({ method, headers: { cookie, ...headers } }) {
  const { isAuthorized, context } = await ordersOfHttpApi({ version: '2.0', headers, cookies: cookie?.split('; '), requestContext: { http: { method } } })
  return isAuthorized ? { status: 200, body: JSON.stringify({ user: context.userId }) } : { status: 403, body: JSON.stringify({ message: 'Forbidden' }) }
}

const server = createServer(async (request, response) => {
  const authorizer = AUTHORIZERS[request.url]
  const { status, body } = authorizer === undefined ? await byHttpApi(request) : await byRestApi(authorizer, request)
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
})

server.listen(process.env.PORT ?? 4000, () => {
  console.log(`http://localhost:${server.address().port}`)
})
