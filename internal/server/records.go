package server

import (
	"encoding/json"
	"path/filepath"

	"warmline/conference"
	"warmline/internal/config"
	"warmline/records"
	"warmline/web"
)

// startRecords opens where call records are kept. Its goroutine ends with Close,
// after the last conference.
func (s *Server) startRecords(cfg *config.Config) (err error) {
	if cfg.Data == "" {
		return nil
	}
	s.records, err = records.Open(records.Config{
		Dir: filepath.Join(string(cfg.Data), "records"), Keep: cfg.Records.Keep.Duration(), Logger: s.log,
	})
	return err
}

// keepRecord takes the record of a conference that is over, on the conference's
// own goroutine: encoding it delays nobody else.
func (s *Server) keepRecord(r conference.Record) {
	if s.records == nil {
		return
	}
	text, err := json.Marshal(r)
	if err != nil {
		s.log.Error("a call record cannot be encoded", "conference", r.Conference, "err", err)
		return
	}
	s.records.Add(r.Contact, r.Ended, text)
}

// keptRecords is what the API reads; nil, and no pointer that is, without any.
func (s *Server) keptRecords() web.Records {
	if s.records == nil {
		return nil
	}
	return s.records
}
