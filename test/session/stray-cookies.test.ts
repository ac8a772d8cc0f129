import t from 'tap'
import { cookiePathsOf, domainsOf } from '../../src/session/stray-cookies.js'

t.test('cookies can be for the API\'s host and its parents, never for what nobody can register', async (t) => {
  t.strictSame(domainsOf('https://api.a.example.co.uk:8443', 'example.co.uk'), ['api.a.example.co.uk', 'a.example.co.uk', 'example.co.uk'])
  t.strictSame(domainsOf('https://example.com', 'example.com'), ['example.com'])
  t.strictSame(domainsOf('https://shop.github.io', 'shop.github.io'), ['shop.github.io'])
  t.strictSame(domainsOf('http://127.0.0.1:3000', 'localhost'), [])
})

t.test('a cookie is sent to its path and those below', async (t) => {
  t.strictSame(cookiePathsOf('/a/b-1'), ['/', '/a', '/a/', '/a/b-1'])
  t.strictSame(cookiePathsOf('/'), ['/'])
  t.strictSame(cookiePathsOf('/a/'), ['/', '/a', '/a/'])
  // None of this can add an attribute or a header.
  for (const path of ['*', 'http://x/a', '//a', '/;Domain=x', '/ x', '/\r\nset-cookie: a', '/\u00e9']) t.strictSame(cookiePathsOf(path), ['/'], path)
  t.strictSame(cookiePathsOf('/a/x;y/b'), ['/', '/a', '/a/', '/a/x', '/a/x/'])
})
