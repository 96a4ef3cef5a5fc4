export { AV_FLAG_MIC, AV_ID, type AvPair, decodeAvPairs, encodeAvPairs, findAvPair } from './ntlm/av-pairs.js';
export { flagsOf, hasFlag, NTLM_FLAGS, type NtlmFlag } from './ntlm/flags.js';
export { fileTime, NtlmInitiator, type InitiatorOptions, type NtlmAccount, type NtlmEntropy, splitUsername } from './ntlm/initiator.js';
export { channelBindingHash, ntowfV2, ntlmV2Response, type NtlmV2Response, type ProofInput } from './ntlm/keys.js';
export {
  type AuthenticateMessage, type ChallengeMessage, decodeAuthenticate, decodeChallenge, decodeNegotiate, encodeAuthenticate, encodeChallenge, encodeNegotiate, type NegotiateMessage,
} from './ntlm/messages.js';
export { NtlmSession, type Sealed } from './ntlm/sealing.js';
export { verifyAuthenticate, type VerifyInput, type VerifyResult } from './ntlm/verify.js';
export {
  decodeNegTokenInit, decodeNegTokenResp, encodeNegTokenInit, encodeNegTokenResp, isNtlm, NEG_STATE, type NegTokenInit, type NegTokenResp, NTLM_MECH_LIST,
} from './spnego/tokens.js';
export { decodeEncryptedBody, encodeEncryptedBody, ENCRYPTED_CONTENT_TYPE, type EncryptedBody, isEncryptedType, SOAP_CONTENT_TYPE } from './sealing/encrypted-body.js';
export { child, childrenOf, escapeXml, parseXml, type XmlElement } from './xml/document.js';
export { ACTION, type Action, CMD_SHELL, COMMAND_STATE, FAULT_CODE, NS, SIGNAL_TERMINATE } from './wsman/names.js';
export { type ClixmlRecord, type ClixmlStream, encodeClixml } from './powershell/clixml-encode.js';
export { readPowerShellLaunch, type ReadLaunch } from './powershell/launch.js';
