package server

import (
	"fmt"
	"os"
	"slices"

	"warmline/conference"
	"warmline/internal/config"
	"warmline/mixer"
	"warmline/sip"
	"warmline/transfer"
	"warmline/web"
)

// Reload takes over the agents, queues, rooms, trunks, routes, feature codes,
// transfer policy, API keys and life of records of a new configuration. Live calls
// go on as they are. What is bound, read or begun at the start needs a restart; the names of
// the keys concerned that changed come back, sorted.
func (s *Server) Reload(cfg *config.Config) (needRestart []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.dir.Update(cfg.Directory()); err != nil {
		return nil, err
	}
	s.manager.Reload(settings(cfg))
	s.web.SetKeys(apiKeys(cfg))
	if s.records != nil {
		s.records.SetKeep(cfg.Records.Keep.Duration())
	}
	s.metrics.SetQueues(queueIDs(cfg))
	needRestart = restartKeys(s.cfg, cfg)
	s.cfg = cfg
	return needRestart, nil
}

// restartKeys names what changed that only a restart can take over.
func restartKeys(old, new *config.Config) (keys []string) {
	for key, changed := range map[string]bool{
		"sip":            fmt.Sprint(old.SIP) != fmt.Sprint(new.SIP),
		"media":          fmt.Sprint(old.Media) != fmt.Sprint(new.Media),
		"http.listen":    old.HTTP.Listen != new.HTTP.Listen,
		"data":           old.Data != new.Data,
		"queues.music":   !slices.Equal(musicFiles(old), musicFiles(new)),
		"trunks":         fmt.Sprint(registrations(old)) != fmt.Sprint(registrations(new)),
		"timers.session": old.Timers.Session != new.Timers.Session,
		"limits": old.Limits.CallsPerSecond != new.Limits.CallsPerSecond ||
			old.Limits.RegistrationsPerMinutePerAddr != new.Limits.RegistrationsPerMinutePerAddr,
	} {
		if changed {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// musicFiles are the music files that a configuration names.
func musicFiles(cfg *config.Config) (files []string) {
	for _, q := range cfg.Queues {
		if name := string(q.Music); name != "" && !slices.Contains(files, name) {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}

// registrations are the trunks we register at.
func registrations(cfg *config.Config) (at []config.Trunk) {
	for _, t := range cfg.Trunks {
		if t.Register {
			t.Match, t.Codecs, t.SRTP = nil, nil, "" // do not concern the registration
			at = append(at, t)
		}
	}
	return at
}

var strandedPolicies = map[string]transfer.StrandedPolicy{
	"requeue": transfer.Requeue, "recall": transfer.Recall, "announce": transfer.AnnounceOnly,
}

func settings(cfg *config.Config) conference.Settings {
	s := conference.DefaultSettings()
	s.Policy = transfer.Policy{
		Stranded:                   strandedPolicies[cfg.Transfer.Stranded],
		KeepConsultWithoutCustomer: cfg.Transfer.KeepConsultWithoutCustomer,
		NoAutoUnhold:               !cfg.Transfer.AutoUnhold,
	}
	s.DefaultQueue = cfg.Transfer.DefaultQueue
	s.Features = conference.Features(cfg.Features)
	s.Timers.Ring, s.Timers.Rejoin = cfg.Transfer.Ring, cfg.Transfer.Rejoin
	s.Timers.WrapUp = cfg.Timers.WrapUp
	s.Timers.RTPFirst, s.Timers.RTPAgent = cfg.Timers.RTPFirst, cfg.Timers.RTPAgent
	s.Timers.RTPTrunk, s.Timers.RTPHeld = cfg.Timers.RTPTrunk, cfg.Timers.RTPHeld
	s.Limits = conference.Limits{
		Conferences: cfg.Limits.Conferences, Legs: cfg.Limits.Legs,
		WorkerUse: cfg.Limits.WorkerUse, Lateness: cfg.Limits.Lateness,
	}
	return s
}

var algorithms = map[string]sip.Algorithm{"md5": sip.MD5, "sha-256": sip.SHA256}

func challenges(cfg *config.Config) []sip.Algorithm {
	var all []sip.Algorithm
	for _, name := range cfg.SIP.Digest {
		all = append(all, algorithms[name])
	}
	return all
}

func apiKeys(cfg *config.Config) []web.APIKey {
	keys := make([]web.APIKey, 0, len(cfg.HTTP.APIKeys))
	for _, k := range cfg.HTTP.APIKeys {
		keys = append(keys, web.APIKey{Name: k.Name, SHA256: k.KeySHA256, Role: web.Role(k.Role)})
	}
	return keys
}

func queueIDs(cfg *config.Config) []string {
	ids := make([]string, 0, len(cfg.Queues))
	for _, q := range cfg.Queues {
		ids = append(ids, q.ID)
	}
	return ids
}

// loadMusic reads the queues' music files, each once. Index 0 is the built-in
// music.
func loadMusic(cfg *config.Config) (musics [][]int16, index map[string]int, err error) {
	musics = [][]int16{mixer.DefaultMusic()}
	index = map[string]int{"": 0}
	for _, q := range cfg.Queues {
		name := string(q.Music)
		if _, have := index[name]; have {
			continue
		}
		clip, err := readWAV(name)
		if err != nil {
			return nil, nil, fmt.Errorf("music of queue %s: %w", q.ID, err)
		}
		index[name] = len(musics)
		musics = append(musics, clip)
	}
	return musics, index, nil
}

func readWAV(name string) ([]int16, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	clip, err := mixer.LoadWAV(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return clip, nil
}
