/** What a caller of the administration may do, from least to most. Each may do what those before it may. */
export const ADMIN_ROLES = ['reader', 'helpdesk', 'admin'] as const
export type AdminRole = typeof ADMIN_ROLES[number]

export const isAdminRole = (value: unknown): value is AdminRole => ADMIN_ROLES.some((role) => role === value)

/**
 * What there is to do, and the least role for it. The helpdesk does what helps a person who calls, and nothing with which
 * it could take an account over: the last factor, the number, the waiting time of a recovery and roles are the admin's.
 */
const LEAST = {
  read: 'reader',
  'read-audit': 'reader',
  'see-unmasked': 'admin',
  unlock: 'helpdesk',
  'unlock-often': 'admin',
  'reset-one-factor': 'helpdesk',
  'reset-any-factor': 'admin',
  'end-sessions': 'helpdesk',
  'start-recovery': 'helpdesk',
  'shorten-recovery': 'admin',
  'stop-recovery': 'helpdesk',
  'change-administrators': 'admin',
  'force-password-change': 'admin',
  'change-number': 'admin',
  'change-roles': 'admin',
  export: 'admin',
  delete: 'admin'
} as const satisfies Record<string, AdminRole>

export type Permission = keyof typeof LEAST

export const may = (role: AdminRole, permission: Permission): boolean => ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(LEAST[permission])
