package config

import "warmline/directory"

// Directory is the configuration's part for package directory.
func (c *Config) Directory() directory.Config {
	var dir directory.Config
	for _, a := range c.Agents {
		dir.Agents = append(dir.Agents, directory.Agent{
			ID: a.ID, Name: a.Name, Extension: a.Extension,
			Password: string(a.Password), HA1: string(a.HA1),
			Queues: a.Queues, CallWaiting: a.CallWaiting, RemoveCustomer: a.RemoveCustomer,
			Audio: directory.Audio{Codecs: a.Codecs, SRTP: a.SRTP},
		})
	}
	for _, q := range c.Queues {
		dir.Queues = append(dir.Queues, directory.Queue{
			ID: q.ID, Name: q.Name, Extension: q.Extension, Strategy: q.Strategy,
			Ring: q.Ring, Search: q.Search, MaxWait: q.MaxWait, Music: string(q.Music), AutoAway: q.AutoAway,
		})
	}
	for _, r := range c.Rooms {
		dir.Rooms = append(dir.Rooms, directory.Room(r))
	}
	for _, t := range c.Trunks {
		dir.Trunks = append(dir.Trunks, directory.Trunk{
			ID: t.ID, Match: t.Match, URI: t.URI, Username: t.Username, Password: string(t.Password),
			Register: t.Register, SignalHold: t.SignalHold, Audio: directory.Audio{Codecs: t.Codecs, SRTP: t.SRTP},
		})
	}
	for _, r := range c.Routes {
		dir.Routes = append(dir.Routes, directory.Route(r))
	}
	for _, o := range c.Outbound {
		dir.Outbound = append(dir.Outbound, directory.Outbound(o))
	}
	return dir
}
