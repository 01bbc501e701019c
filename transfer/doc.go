// Package transfer is the machine that decides what a conference does.
package transfer
