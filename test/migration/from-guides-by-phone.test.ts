import { fromGuides } from './from-guides.js'

await fromGuides('phone-password')
