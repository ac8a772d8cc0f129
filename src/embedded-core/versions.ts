/** The CDI versions spoken here, oldest first. Versions up to 5.0 configure tenants in another way. */
export const VERSIONS = ['5.1', '5.2', '5.3', '5.4']
