import { fromGuides } from './from-guides.js'

await fromGuides('two-factor')
