import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const HEADERS = ['User-Id', 'Session', 'Acr', 'Amr', 'Time', 'Roles', 'Assertion']
const variable = (name) => name.toLowerCase().replace('-', '_')

/** nginx in front of one shop: open, asking a route that answers at once, asking for a decision, and the same with answers that count for a second. */
export async function startNginx ({ service, shop, secret, origin }) {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-bench-'))
  const port = await freePort()
  const question = (path) => `internal;
        proxy_pass http://service${path};
        proxy_pass_request_body off;
        proxy_set_header Connection "";
        proxy_set_header Content-Length "";
        proxy_set_header X-Forward-Auth-Secret "${secret}";
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URL ${origin}$request_uri;`
  const asking = (name) => `auth_request ${name};
        ${HEADERS.map((header) => `auth_request_set $auth_${variable(header)} $upstream_http_x_auth_${variable(header)};
        proxy_set_header X-Auth-${header} $auth_${variable(header)};`).join('\n        ')}
        proxy_set_header Connection "";
        proxy_pass http://shop/;`
  writeFileSync(join(folder, 'nginx.conf'), `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log stderr notice;
    events { worker_connections 1024; }
    http {
      access_log off;
      keepalive_requests 1000000;
      keepalive_timeout 600s;
      proxy_http_version 1.1;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      proxy_cache_path ${folder}/cache levels=1 keys_zone=forward_auth:10m max_size=64m inactive=5s use_temp_path=off;
      upstream service { server 127.0.0.1:${service} max_fails=0; keepalive 64; keepalive_requests 1000000; }
      upstream shop { server 127.0.0.1:${shop} max_fails=0; keepalive 64; keepalive_requests 1000000; }
      server {
        listen 127.0.0.1:${port};
        location /open { proxy_set_header Connection ""; proxy_pass http://shop/; }
        location /asked { ${asking('/_open')} }
        location /guarded { ${asking('/_verify')} }
        location /cached { ${asking('/_cached')} }
        location = /_open { ${question('/open')} }
        location = /_verify { ${question('/verify/nginx')} }
        location = /_cached { ${question('/verify/nginx')}
          proxy_cache forward_auth;
          proxy_cache_key "$uri\\n$request_method\\n$host\\n$http_cookie\\n$http_authorization";
          proxy_cache_valid 200 1s;
          proxy_ignore_headers Cache-Control Expires Vary;
        }
      }
    }
  `)
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise((resolve, reject) => {
    let text = ''
    child.once('error', reject)
    child.once('exit', () => { reject(new Error(`nginx has ended: ${text}`)) })
    child.stderr.on('data', (chunk) => {
      text += chunk
      if (text.includes('start worker process ')) resolve()
    })
  })
  const [worker] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
  return {
    port,
    /** CPU time of the worker so far, in microseconds. The kernel counts it in hundredths of a second. */
    cpu () {
      const fields = readFileSync(`/proc/${worker}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10_000
    },
    async stop () {
      child.removeAllListeners('exit')
      child.kill('SIGQUIT')
      await once(child, 'exit')
      rmSync(folder, { recursive: true })
    }
  }
}
