/** Between what a conversation is: addresses, or ports of one transport. */
export const CONVERSATION_LAYERS = ['ip', 'tcp', 'udp'] as const;
export type ConversationLayer = (typeof CONVERSATION_LAYERS)[number];
