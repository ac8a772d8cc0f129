import { absent, admit, bearer, cookie, invalid, session, SECONDS, START, token, vector } from './tokens.js'

const alice = token()
const mallory = token(session('mallory'))
const bob = token(session('bob'))
const expired = token(session('alice', { exp: SECONDS - 1 }))
const onlyHeader = { service: { transferMethod: 'header' } }
const onlyCookie = { service: { transferMethod: 'cookie', claim: 'phone-verified' } }
const byPhone = token(session('alice', { '2fa-completed': undefined, 'phone-verified': { v: true, t: START - 60_000 } }))

export const about = 'Where the token is, and requests with several.'

export const cases = [
  vector('a token in the header', bearer(alice), admit()),
  vector('a token in the cookie', cookie(alice), admit()),
  vector('a cookie among others', { cookie: `theme=dark; _ga=GA1.2; sAccessToken=${alice}; c=%7B%22a%22%3A1%7D` }, admit()),
  vector('no token', {}, absent('there is no token')),
  vector('other cookies alone', { cookie: 'theme=dark; sFrontToken=abc' }, absent('there is no token')),
  vector('the header comes before the cookie', { ...bearer(alice), ...cookie(bob) }, admit('alice')),
  vector('an expired token in the header, a good one in the cookie', { ...bearer(expired), ...cookie(bob) }, invalid('the header decides, and its token has expired')),
  vector('no token behind Bearer, a good one in the cookie', { authorization: 'Bearer garbage', ...cookie(bob) }, admit('bob', 'what does not look like a token is not there')),
  vector('another scheme, a good token in the cookie', { authorization: 'Basic dXNlcjpwYXNz', ...cookie(bob) }, admit('bob')),
  vector('another scheme alone', { authorization: 'Basic dXNlcjpwYXNz' }, absent('the scheme is not Bearer')),
  vector('bearer in lower case', { authorization: `bearer ${alice}` }, absent('the scheme is written Bearer')),
  vector('two spaces behind Bearer', { authorization: `Bearer  ${alice}` }, admit('alice', 'spaces around the token are trimmed')),
  vector('Bearer twice', { authorization: `Bearer Bearer ${alice}` }, absent('"Bearer …" is no token')),
  vector('no scheme', { authorization: alice }, absent('the scheme is not Bearer')),
  vector('a token in a header of the answer', { 'st-access-token': alice }, absent('requests carry no such header')),
  vector('two cookies of the name', { cookie: `sAccessToken=${mallory}; sAccessToken=${alice}` }, invalid('a sibling domain may have planted one (cookie tossing)')),
  vector('two cookies of the name, ours first', { cookie: `sAccessToken=${alice}; sAccessToken=${mallory}` }, invalid('nobody knows which of the two is ours')),
  vector('the same cookie twice', { cookie: `sAccessToken=${alice}; sAccessToken=${alice}` }, invalid('names are counted, whatever their values')),
  vector('two cookies, the first of which is no token', { cookie: `sAccessToken=x; sAccessToken=${alice}` }, invalid('names are counted, whatever their values')),
  vector('a second name in percent-encoding', { cookie: `sAccessToken=${alice}; sAccess%54oken=${mallory}` }, invalid('names are decoded before they are counted')),
  vector('a percent-encoded name before ours', { cookie: `%73AccessToken=${mallory}; sAccessToken=${alice}` }, invalid('names are decoded before they are counted')),
  vector('a name without a value beside ours', { cookie: `sAccessToken; sAccessToken=${alice}` }, invalid('a name without a value counts too')),
  vector('a percent-encoded name alone', { cookie: `sAccess%54oken=${alice}` }, absent('only the plain name carries a token')),
  vector('the name in upper case', { cookie: `SACCESSTOKEN=${alice}` }, absent('names of cookies are case-sensitive')),
  vector('a longer name', { cookie: `xsAccessToken=${alice}` }, absent('it is another cookie')),
  vector('a name with a prefix', { cookie: `__Host-sAccessToken=${alice}` }, absent('it is another cookie')),
  vector('the name inside the value of another cookie', { cookie: `a=sAccessToken=${mallory}; sAccessToken=${alice}` }, admit('alice', 'it is a value')),
  vector('a name that cannot be decoded', { cookie: `%zz=1; sAccessToken=${alice}` }, admit('alice', 'it is taken as it is')),
  vector('several cookies beside a token in the header', { ...bearer(bob), cookie: `sAccessToken=${mallory}; sAccessToken=${alice}` }, admit('bob', 'the header decides')),
  vector('an empty cookie', { cookie: 'sAccessToken=' }, absent('an empty text is no token')),
  vector('a refresh token alone', { cookie: `sRefreshToken=${alice}` }, absent('only sAccessToken carries access')),
  vector('the cookie of a very old session beside ours', { cookie: `sAccessToken=${alice}; sIdRefreshToken=1` }, invalid('it has to be refreshed first')),
  vector('the cookie of a very old session beside the header', { ...bearer(alice), cookie: 'sIdRefreshToken=1' }, invalid('it has to be refreshed first')),
  vector('header tokens only: the header', bearer(alice), admit(), onlyHeader),
  vector('header tokens only: a cookie', cookie(alice), absent('cookies are not looked at'), onlyHeader),
  vector('header tokens only: two cookies beside the header', { ...bearer(alice), cookie: `sAccessToken=${mallory}; sAccessToken=${bob}` }, admit(), onlyHeader),
  vector('cookies only: a cookie', cookie(byPhone), admit(), onlyCookie),
  vector('cookies only: the header', bearer(byPhone), absent('the header is not looked at'), onlyCookie)
]
