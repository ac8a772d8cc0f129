import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface Call {
  method?: string
  path?: string
  host?: string
  headers?: Record<string, string | string[]>
  body?: string
}

/** A client that reaches the proxy by its names, and believes its certificate. */
export function clientOf (port: number) {
  // What a visitor writes into `Host` need not be the name that the connection was opened with.
  const tls = (host: string) => ({ host: '127.0.0.1', port, servername: host.endsWith('.example.com') ? host : 'shop.example.com', rejectUnauthorized: false })
  return {
    async ask ({ method = 'GET', path = '/', host = 'shop.example.com', headers = {}, body }: Call = {}): Promise<Answer> {
      return await new Promise((resolve, reject) => {
        const sent = request({ ...tls(host), method, path, headers: { host, ...headers }, agent: false }, (response) => {
          let text = ''
          response.on('data', (chunk: Buffer) => { text += chunk.toString() })
          response.on('end', () => { resolve({ status: response.statusCode!, headers: response.headers, body: text }) })
        })
        sent.on('error', reject)
        sent.on('upgrade', (response, socket, head) => {
          socket.destroy()
          resolve({ status: response.statusCode!, headers: response.headers, body: head.toString() })
        })
        sent.end(body)
      })
    },

    /** Sends bytes as they are, and resolves with all that comes back until the proxy closes. */
    async raw (bytes: string, host = 'shop.example.com'): Promise<string> {
      return await new Promise((resolve, reject) => {
        const socket: TLSSocket = connect(tls(host), () => { socket.write(bytes, 'latin1') })
        let text = ''
        socket.setTimeout(5000, () => { socket.destroy() })
        socket.on('data', (chunk) => { text += chunk.toString('latin1') })
        socket.on('close', () => { resolve(text) })
        socket.on('error', (err) => { if (text === '') reject(err) })
      })
    }
  }
}

export type Client = ReturnType<typeof clientOf>

/** The statuses of all answers on a connection. */
export const statusesIn = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
