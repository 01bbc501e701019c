// Package conference is the imperative shell: the only place where the leaves
// meet.
package conference
