import type { OwnOperation } from '../../client/api.js'
import type { Operations } from '../operation.js'
import { ADMIN } from './admin.js'
import { ACCOUNT, CONTEST_PAGE } from './account.js'
import { OWN_FACTORS, TOTP } from './factors.js'
import { FIRST_FACTOR } from './first-factor.js'
import { SECOND_FACTOR } from './second-factor.js'
import { SERVICE } from './service.js'
import { SERVICES } from './services.js'
import { SESSION } from './session.js'

/** The endpoints of our own. The client has the types of their answers (`src/client/api.ts`): none can be in one only. */
const OWN: Operations<OwnOperation> = { ...ACCOUNT, ...OWN_FACTORS }

/** All that is described. Answers are objects of these shapes and no others: test/openapi compares them with real ones. */
export const OPERATIONS: Operations = { ...FIRST_FACTOR, ...SESSION, ...SECOND_FACTOR, ...TOTP, ...OWN, ...CONTEST_PAGE, ...SERVICES, ...ADMIN, ...SERVICE }
