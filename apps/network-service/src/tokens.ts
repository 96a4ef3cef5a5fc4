/** Where the service's {@link NetworkConfig} is injected. */
export const NETWORK_CONFIG = Symbol('network-service.config');
