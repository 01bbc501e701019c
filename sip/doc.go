// Package sip is the SIP user-agent core: transports, validation, digest,
// dialogs and INVITE usages over sipgo's parser and transactions. A message
// body is bytes here, and no sipgo type leaves the package.
package sip
