import { attack } from './attack-suite.js'

await attack(() => {})
