import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../free-port.js'
import { SECRET } from '../forward-auth/proxy.js'
import { pathTo } from '../root.js'
import { makeCertificate, startProxy } from './stage.js'

/** The real nginx with our example, of which only addresses, certificates and the secret are others. */
export async function startNginx (folder: string, ports: { auth: number, shop: number }, { servers = 'nginx.conf', cached = false } = {}): Promise<number> {
  const port = await freePort()
  const { cert, key } = makeCertificate(folder)
  const fill = (text: string): string => text
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${ports.auth}`)
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${ports.shop}`)
    .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('/etc/nginx/tls/example.com.pem', cert)
    .replaceAll('/etc/nginx/tls/example.com.key', key)
    .replaceAll('/dev/shm', folder)
    .replaceAll('change-this-secret-of-32-characters', SECRET)
  const example = (name: string): string => fill(readFileSync(pathTo(`examples/forward-auth/${name}`), 'utf8'))
  for (const name of ['nginx-question.conf', 'nginx-question-cached.conf', 'nginx-cache.conf']) writeFileSync(join(folder, name), example(name))
  const text = example(servers)
  writeFileSync(join(folder, 'example.conf'), cached ? `include nginx-cache.conf;\n${text.replaceAll('nginx-question.conf', 'nginx-question-cached.conf')}` : text)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')
  writeFileSync(join(folder, 'main.conf'), `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log stderr notice;
    events { worker_connections 512; }
    http { access_log off; ${temporary} include ${folder}/example.conf; }
  `)
  await startProxy('nginx', ['-p', folder, '-c', join(folder, 'main.conf'), '-g', 'daemon off;'], 'start worker process ')
  return port
}
