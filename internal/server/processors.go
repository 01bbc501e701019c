package server

import "warmline/mixer"

// Processors is the GOMAXPROCS that suits a server: the cores, and one for each
// media worker. It has to be set before Start.
func Processors() int { return mixer.Processors(mixer.DefaultWorkers()) }
