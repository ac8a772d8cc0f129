import { admit, bearer, cookie, lacking, session, SECONDS, START, token, UNFINISHED, vector } from './tokens.js'

const withFields = (fields) => bearer(token(session('alice', fields)))
const claim = (v, t = START - 60_000) => withFields({ '2fa-completed': { v, t } })
const completed = (c, fields = {}) => withFields({ 'st-mfa': { c, v: true }, ...fields })

const wrong = (reason) => lacking('2fa-completed', { message: 'wrong value', expectedValue: true }, reason)
const old = (ageInSeconds) => lacking('2fa-completed', { message: 'expired', ageInSeconds, maxAgeInSeconds: 300 }, 'the second factor is too old')
const wrongFactor = (...acrValues) => lacking('2fa-completed', { message: 'wrong factor', acrValues: acrValues.map((id) => `urn:fastify-2fa:${id}`) }, 'no factor of the list has passed')
const noRole = (reason) => lacking('st-role', { message: 'wrong value' }, reason)
const noPermission = (reason) => lacking('st-perm', { message: 'wrong value' }, reason)

const fresh = { requirement: { maxAge: 300 } }
const byCode = { requirement: { factors: ['sms'] } }
const bySmsOrTotp = { requirement: { factors: ['sms', 'totp'], maxAge: 300 } }
const admins = { requirement: { roles: ['admin'] } }
const writers = { requirement: { permissions: ['posts:write'] } }
const byPhone = { service: { claim: 'phone-verified', transferMethod: 'cookie' } }
const phoneCookie = (fields) => cookie(token(session('alice', { '2fa-completed': undefined, ...fields })))

export const about = 'The second factor, its age, its kind; roles and permissions.'

export const cases = [
  vector('the second factor has passed', claim(true), admit()),
  vector('the first factor alone', withFields(UNFINISHED), wrong('the second factor has not passed')),
  vector('no claim', withFields({ '2fa-completed': undefined }), wrong('what is missing is not true')),
  vector('null as the claim', withFields({ '2fa-completed': null }), wrong('what is missing is not true')),
  vector('the text true', claim('true'), wrong('only the boolean counts')),
  vector('the number 1', claim(1), wrong('only the boolean counts')),
  vector('a list with true', claim([true]), wrong('only the boolean counts')),
  vector('true itself as the claim', withFields({ '2fa-completed': true }), wrong('the value is in v')),
  vector('the claim in another case', withFields({ '2fa-completed': undefined, '2FA-Completed': { v: true, t: START } }), wrong('names are case-sensitive')),
  vector('the claim of the other first factor', withFields({ '2fa-completed': undefined, 'phone-verified': { v: true, t: START } }), wrong('it is another claim')),
  vector('st-mfa without the claim', withFields({ '2fa-completed': { v: false, t: START } }), wrong('st-mfa alone does not count')),
  vector('the claim inside __proto__', bearer(token(JSON.stringify(session('alice', UNFINISHED)).replace('{', `{"__proto__":{"2fa-completed":{"v":true,"t":${START}}},`))), wrong('it is a name like any other')),
  vector('the claim twice, false last', bearer(token(JSON.stringify(session('alice')).replace(/}$/, `,"2fa-completed":{"v":false,"t":${START}}}`))), wrong('of a name that is there twice the last one counts')),
  vector('phone + password: its claim', phoneCookie({ 'phone-verified': { v: true, t: START } }), admit(), byPhone),
  vector('phone + password: its claim is false', phoneCookie({ 'phone-verified': { v: false, t: START } }), lacking('phone-verified', { message: 'wrong value' }, 'the second factor has not passed'), byPhone),
  vector('phone + password: the claim of the other', cookie(token()), lacking('phone-verified', { message: 'wrong value' }, 'it is another claim'), byPhone),

  vector('just young enough', claim(true, START - 300_000), admit(), fresh),
  vector('young enough in whole seconds', claim(true, START - 300_999), admit(), fresh),
  vector('a second too old', claim(true, START - 301_000), old(301), fresh),
  vector('old, where no age is asked for', claim(true, START - 3_000_000), admit()),
  vector('a factor of the future', claim(true, START + 5000), admit('alice', 'clocks of several machines differ; the Core signed it'), fresh),
  vector('no time', withFields({ '2fa-completed': { v: true } }), old(SECONDS), fresh),
  vector('a time in seconds', claim(true, SECONDS - 60), old(Math.floor((START - (SECONDS - 60)) / 1000)), fresh),
  vector('false, where an age is asked for', claim(false), wrong('the second factor has not passed'), fresh),

  vector('one of the factors has passed', completed({ 'otp-phone': SECONDS - 60 }), admit(), byCode),
  vector('another factor has passed', completed({ totp: SECONDS - 60 }), wrongFactor('sms'), byCode),
  vector('the first factor is none of them', completed({ emailpassword: SECONDS - 60 }), wrongFactor('sms'), byCode),
  vector('no list of factors', withFields({ 'st-mfa': undefined }), wrongFactor('sms'), byCode),
  vector('a text as the time of the factor', completed({ 'otp-phone': 'now' }), wrongFactor('sms'), byCode),
  vector('the factor, without the claim', completed({ 'otp-phone': SECONDS - 60 }, { '2fa-completed': { v: false, t: START } }), wrong('the claim comes first'), byCode),
  vector('the newest of the factors counts', completed({ 'otp-phone': SECONDS - 900, totp: SECONDS - 10 }), admit(), bySmsOrTotp),
  vector('another factor is younger than those of the list', completed({ 'otp-phone': SECONDS - 301, webauthn: SECONDS - 10 }), old(301), bySmsOrTotp),

  vector('the role', withFields({ 'st-role': { v: ['user', 'admin'], t: START } }), admit(), admins),
  vector('the role, five minutes ago', withFields({ 'st-role': { v: ['admin'], t: START - 300_000 } }), admit(), admins),
  vector('another role', withFields({ 'st-role': { v: ['user'], t: START } }), noRole('the user has not this role'), admins),
  vector('no role', withFields({ 'st-role': { v: [], t: START } }), noRole('the user has no role'), admins),
  vector('no claim of roles', withFields({ 'st-role': undefined }), noRole('what is missing holds nothing'), admins),
  vector('one of two roles', withFields({ 'st-role': { v: ['admin'], t: START } }), noRole('all of them are needed'), { requirement: { roles: ['admin', 'auditor'] } }),
  vector('a text with the role in it', withFields({ 'st-role': { v: 'superadmin', t: START } }), noRole('only a list holds roles'), admins),
  vector('the role as a text', withFields({ 'st-role': { v: 'admin', t: START } }), noRole('only a list holds roles'), admins),
  vector('the role in another case', withFields({ 'st-role': { v: ['Admin'], t: START } }), noRole('names are case-sensitive'), admins),
  vector('the role, without the second factor', withFields({ ...UNFINISHED, 'st-role': { v: ['admin'], t: START } }), wrong('the second factor comes first'), admins),
  vector('the permission', withFields({ 'st-perm': { v: ['posts:read', 'posts:write'], t: START } }), admit(), writers),
  vector('another permission', withFields({ 'st-perm': { v: ['posts:read'], t: START } }), noPermission('no role of the user grants it'), writers),
  vector('a role of the name of the permission', withFields({ 'st-role': { v: ['posts:write'], t: START }, 'st-perm': { v: [], t: START } }), noPermission('roles are no permissions'), writers)
]
