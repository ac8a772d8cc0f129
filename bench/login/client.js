import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true })

function send (port, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => { resolve({ response, text }) }).on('error', reject)
    })
    sent.on('error', reject).end(JSON.stringify(body))
  })
}

/** A browser that keeps cookies, and nothing else. Every answer must be a good one. */
export function createClient (port) {
  const cookies = new Map()
  return async function post (path, body = {}) {
    const headers = {
      'content-type': 'application/json',
      origin: 'http://localhost:3001',
      'st-auth-mode': 'cookie',
      rid: 'anti-csrf',
      ...(cookies.size > 0 && { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') })
    }
    const { response, text } = await send(port, path, headers, body)
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      cookies.set(name, value)
    }
    const answer = JSON.parse(text)
    if (response.statusCode !== 200 || (answer.status !== undefined && answer.status !== 'OK' && answer.status !== true)) throw new Error(`${path}: ${response.statusCode} ${text}`)
    return answer
  }
}
