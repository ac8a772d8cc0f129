import t from 'tap'
import { testHosts } from './flow.js'

testHosts(t, {})
