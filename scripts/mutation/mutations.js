/**
 * Checks that are taken out of the build, one at a time: what a mistake of ours would look like. The attack suite has to find
 * each (`npm run mutation`). `search` is a text of the compiled file that exists once; `by` is an attack that must find it. Where
 * a second check stands behind the first one, `and` takes it out, too.
 */
export const MUTATIONS = [
  {
    name: 'the guard ignores how old the second factor is',
    file: 'src/session/verified-sessions.js',
    search: 'return maxAge === undefined || Math.floor((now() - since) / 1000) <= maxAge;',
    replace: 'return true;',
    by: 'old-second-factor'
  },
  {
    name: 'the guard ignores the claim',
    file: 'src/session/verified-sessions.js',
    search: 'if (!verified.secondFactor || terms?.claimsInToken !== true)',
    replace: 'if (terms?.claimsInToken !== true)',
    by: 'first-factor-only'
  },
  {
    name: 'sessions begin with the claim, without a code',
    file: 'plugins/second-factor.js',
    search: 'await claim.build(userId, recipeUserId, tenantId, undefined, userContext)',
    replace: 'claim.addToPayload_internal({}, true, userContext)',
    by: 'first-factor-only'
  },
  {
    name: 'the guard ignores roles',
    file: 'src/session/second-factor-rule.js',
    search: 'return passed && holds(UserRoleClaim.key, roles) && holds(PermissionClaim.key, permissions);',
    replace: 'return passed;',
    by: 'roles-missing'
  },
  {
    name: 'HEAD requests are not guarded',
    file: 'src/session/guard.js',
    search: 'const wanted = rule.wanted(request);',
    replace: "const wanted = request.method === 'HEAD' ? false : rule.wanted(request);",
    by: 'another-method'
  },
  {
    name: 'routes that opt out of the second factor are open to strangers',
    file: 'src/session/open-route.js',
    search: 'return config?.[OPEN] === true;',
    replace: 'return config?.secondFactor === false;',
    by: 'no-session'
  },
  {
    name: 'the signature of a token whose header is known is not checked',
    file: 'src/session/new-token.js',
    search: "if (!verify('sha256', BYTES.subarray(0, signatureAt - 1), key, BYTES.subarray(end, signatureEnd)))",
    replace: 'if (false)',
    by: 'forged-token'
  },
  {
    name: 'a token in the cache never expires',
    file: 'src/session/token-cache.js',
    search: 'return entry !== undefined && time < entry.deadline ? entry : undefined;',
    replace: 'return entry;',
    by: 'expired-token'
  },
  {
    name: 'sessions that have ended are admitted',
    file: 'src/session/ended.js',
    search: 'return (ended.size > 0 && ended.has(handle)) || (endedUsers.size > 0 && isUserEnded(owner));',
    replace: 'return false;',
    by: 'signed-out'
  },
  {
    name: 'the session of before the second factor lives on',
    file: 'src/session/rotation.js',
    search: 'wasAlive = await own.revokeSession({ sessionHandle: handle, userContext });',
    replace: 'wasAlive = true;',
    by: 'session-fixation'
  },
  {
    name: 'a session cookie counts before a session header',
    file: 'src/session/verified-sessions.js',
    search: "const byHeader = terms.transferMethod !== 'cookie' && hasBearer(headers);",
    replace: "const byHeader = terms.transferMethod !== 'cookie' && hasBearer(headers) && !headers.cookie?.includes('sAccessToken=');",
    by: 'two-sessions'
  },
  {
    name: 'of two session cookies, the first one counts',
    file: 'src/session/request-token.js',
    search: 'if (end < cookie.length && !harmless(cookie.slice(end + 1)))',
    replace: 'if (false)',
    by: 'two-sessions'
  },
  {
    name: 'the anti-CSRF header is not asked for',
    file: 'src/session/verified-sessions.js',
    search: "const checked = !byHeader && (antiCsrfCheck === undefined ? request.method !== 'GET' : antiCsrfCheck !== false);",
    replace: 'const checked = false;',
    by: 'other-website'
  },
  {
    name: 'WebSockets open for pages of any website',
    file: 'src/session/upgrades.js',
    search: 'throw new OriginRefused();',
    replace: 'return;',
    by: 'websocket-of-another-website'
  },
  {
    name: 'a code is not bound to the session that asked for it',
    file: 'src/second-factor/login.js',
    search: 'return challenge?.factor === factor.id && challenge.id === id && challenge.from === undefined ? challenge : undefined;',
    replace: 'return id === undefined ? undefined : { sentAt: Date.now(), ...challenge, factor: factor.id, id };',
    by: 'code-of-another-user'
  },
  {
    name: 'a code that is sent again is not bound to the session',
    file: 'src/second-factor/login.js',
    search: 'const challenge = ownChallenge(factor, request, challengeId);',
    replace: 'const challenge = request.challenge;',
    by: 'resend-elsewhere'
  },
  {
    name: 'the pinned phone is not compared',
    file: 'src/second-factor/login.js',
    search: 'return addressing === undefined || address === undefined || isFree(state) || pinnedIn(state) === address;',
    replace: 'return true;',
    by: 'other-address'
  },
  {
    name: 'a code works after its time',
    file: 'src/second-factor/attempt.js',
    search: 'if (Date.now() - challenge.sentAt > factor.challengeLifetime * 1000) {',
    replace: 'if (false) {',
    by: 'late-code'
  },
  {
    name: 'codes of before another one was sent stay alive',
    file: 'src/second-factor/login.js',
    search: 'await factor.revokeMessage?.(context, challenge);',
    replace: '',
    by: 'older-code'
  },
  {
    name: 'a code of an authenticator app works twice',
    file: 'src/second-factor/factors/totp/factor.js',
    search: 'const isFirst = !await isSpent(userId, use, userContext) && await spend(userId, use, userContext);',
    replace: 'const isFirst = true;',
    by: 'code-reuse'
  },
  {
    name: 'any code of an authenticator app is right',
    file: 'src/second-factor/factors/totp/factor.js',
    search: 'const step = await stepOf(totp, secret);',
    replace: 'const step = await stepOf(totp, secret) ?? 0;',
    by: 'code-guessing'
  },
  {
    name: 'wrong codes are not counted',
    file: 'src/second-factor/tries.js',
    search: 'await failed(guesser, known, attempt, userContext);',
    replace: 'await attempt.giveBack();',
    by: 'code-guessing'
  },
  {
    name: 'the password is enough to enrol another factor',
    file: 'src/second-factor/policy.js',
    search: 'if (!vouches(states, request, userContext))',
    replace: 'if (false)',
    by: 'other-factor'
  },
  {
    name: 'enrolments at the same moment do not see each other',
    file: 'src/second-factor/turn.js',
    search: 'if (othersChanging(metadata, own)) {',
    replace: 'if (false) {',
    // Otherwise the sessions end each other.
    and: { file: 'src/second-factor/settle.js', search: 'await endOtherSessions(request.session, userContext, { marked: true });', replace: '' },
    by: 'enrolment-race'
  },
  {
    name: 'other sessions stay when a factor is enrolled',
    file: 'src/second-factor/settle.js',
    search: 'await endOtherSessions(request.session, userContext, { marked: true });',
    replace: '',
    by: 'enrolled-meanwhile'
  },
  {
    name: 'what an account has is shown without the second factor',
    file: 'src/second-factor/changes.js',
    search: 'if (!policy.hasNone(await policy.statesOf(request, call.userContext)))',
    replace: 'if (false)',
    by: 'account-with-password-alone'
  },
  {
    name: 'sessions stay when the password is reset',
    file: 'src/session/end-sessions.js',
    search: 'if (revoke)',
    replace: 'if (false)',
    by: 'password-reset'
  }
]

/** All changes of a mutation, each to a file of its own. */
export const changesOf = ({ file, search, replace, and }) => [{ file, search, replace }, ...(and === undefined ? [] : [and])]

/** How often the text of a change is in the compiled file. */
export const countIn = (source, { search }) => source.split(search).length - 1

/** The compiled file with the check taken out. Throws where that has become another text, or several. */
export function mutate (source, change) {
  const count = countIn(source, change)
  if (count !== 1) throw new Error(`${change.file} has "${change.search}" ${count} times, and should have it once. Adapt scripts/mutation/mutations.js`)
  return source.replace(change.search, () => change.replace)
}
