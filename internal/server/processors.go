package server

import (
	"warmline/internal/config"
	"warmline/mixer"
)

// Processors is the GOMAXPROCS that suits a server: the cores, and one for each
// media worker. It has to be set before Start.
func Processors(cfg *config.Config) int {
	if n := cfg.Media.Workers; n > 0 {
		return mixer.Processors(n)
	}
	return mixer.Processors(mixer.DefaultWorkers())
}
