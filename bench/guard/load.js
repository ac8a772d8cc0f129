import { connect } from 'node:net'

const END_OF_HEAD = '\r\n\r\n'

/**
 * Opens keep-alive connections to a server, sends prepared requests and counts answers. An HTTP client would use more
 * of the machine than the server under test.
 */
export async function openLoad (port, connections = 32) {
  let slice

  const sockets = await Promise.all(Array.from({ length: connections }, () => new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).setNoDelay(true).once('error', reject)
    socket.once('close', () => slice?.failed(new Error('the server closed a connection')))
    let pending = ''
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1')
      const head = pending.indexOf(END_OF_HEAD)
      if (head === -1) return
      const length = /\r\ncontent-length: (\d+)/i.exec(pending)
      if (length === null) throw new Error(`an answer without a length: ${pending}`)
      if (pending.length < head + END_OF_HEAD.length + Number(length[1])) return
      slice.answered(socket, Number(pending.slice(9, 12)))
      pending = ''
    })
  })))

  return {
    /**
     * Sends `requests` in turn, for `milliseconds` or, without it, each of them once. Every answer must have `status`.
     */
    run (requests, status, milliseconds) {
      return new Promise((resolve, reject) => {
        let next = 0
        let count = 0
        let open = 0
        const start = performance.now()
        const goesOn = () => milliseconds === undefined ? count + open <= requests.length : performance.now() - start < milliseconds
        const send = (socket) => {
          socket.write(requests[next])
          next = next + 1 === requests.length ? 0 : next + 1
        }
        slice = {
          failed: reject,
          answered (socket, answer) {
            if (answer !== status) return reject(new Error(`${answer} instead of ${status}`))
            count++
            if (goesOn()) return send(socket)
            if (--open === 0) resolve(count)
          }
        }
        for (const socket of sockets) {
          open++
          send(socket)
        }
      })
    },
    close () {
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** Encodes GET requests as bytes. */
export function prepare (path, port, headers) {
  return headers.map((lines) => Buffer.from([`GET ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, ...lines, '', ''].join('\r\n')))
}
