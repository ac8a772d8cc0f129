import t from 'tap'
import { passwordChange } from './password-change.js'

passwordChange(t, { firstFactor: 'phone-password' })
