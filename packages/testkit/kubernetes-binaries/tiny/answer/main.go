// Command answer says over HTTP which pod it is, for as long as it is wanted; with -fetch it asks another one instead.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	url := flag.String("fetch", "", "fetch this address, print the answer, and end")
	flag.Parse()
	if *url != "" {
		fetch(*url)
		return
	}
	go endWhenTold()
	answer()
}

func fetch(url string) {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
}

func answer() {
	hostname, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(response http.ResponseWriter, _ *http.Request) {
		_, _ = response.Write([]byte(hostname))
	})
	log.Println("answering on :8080")
	log.Fatal(http.ListenAndServe(":8080", nil))
}

// The first process of a container must ask for SIGTERM, or it is ignored for the whole grace period.
func endWhenTold() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	os.Exit(0)
}
