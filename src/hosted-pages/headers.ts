/**
 * Nothing runs, loads or is sent that is not this service's, and nobody frames a page to have its buttons pressed (CWE-1021).
 * `referrer-policy` is not `no-referrer`: with that, browsers send `Origin: null` with forms.
 *
 * @param destinations origins that a form may end at: browsers check where its answer redirects to, too
 */
export function pageHeaders (destinations: readonly string[]) {
  return {
    'content-security-policy': [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
      `form-action ${["'self'", ...destinations].join(' ')}`, "frame-ancestors 'none'", "base-uri 'none'"
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'publickey-credentials-get=(self), publickey-credentials-create=(self), otp-credentials=(self)',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    // For browsers that do not know frame-ancestors.
    'x-frame-options': 'DENY',
    'x-robots-tag': 'noindex',
    'cache-control': 'no-store',
    vary: 'accept-language, cookie'
  }
}
