import { openStorage } from '../../dist/src/embedded-core/storage/storage.js'
import { STEPS } from '../../dist/src/embedded-core/storage/schema.js'
import { populate } from './populate.js'
import { hash } from '@node-rs/bcrypt'
const db = openStorage('/tmp/core-big/big.db', { steps: STEPS.slice(0, 2) })
populate(db, 1_000_000, await hash('correct horse 1', 4))
db.close()
console.log('done')
