import t from 'tap'
import { validatorOf } from '../../../routes/auth/validators.js'

const schema = () => ({ $id: 'of-a-host', type: 'object', properties: { deviceId: { type: 'string', maxLength: 3 } }, required: ['deviceId'] })

t.test('apps of one process share the validator of a schema that each has made', async (t) => {
  const validate = validatorOf(schema())
  t.equal(validatorOf(schema()), validate)
  t.ok(validate({ deviceId: 'abc' }))
  t.notOk(validate({ deviceId: 'abcd' }))
  t.notOk(validate({ deviceId: 1 }), 'nothing is coerced')
})
