// Carries packets between network namespaces as a wide area network does: late, and not all of them. Kernels without
// netem can do no such thing by themselves.
//
// usage: wan DELAY LOSS NAMESPACE=ADDRESS...    (80ms 0.01 region-1=10.77.0.1; "" is the namespace of this program)
//
// Makes a device in each namespace. From standard input: "cut NAMESPACE" and "mend NAMESPACE"; it ends with its input.
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const device = "assaywan"

// The number of setns(2), which the standard library does not name for every architecture.
var sysSetns = map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH]

// Packets under way to one place; more are dropped, as a router does.
const queued = 8192

type packet struct {
	data []byte
	due  time.Time
}

type place struct {
	name    string
	address netip.Addr
	tun     *os.File
	inbox   chan packet
	cut     atomic.Bool
}

var carried, lost, unreachable atomic.Int64

func main() {
	delay, err := time.ParseDuration(os.Args[1])
	check(err)
	loss, err := strconv.ParseFloat(os.Args[2], 64)
	check(err)
	places := map[netip.Addr]*place{}
	byName := map[string]*place{}
	for _, arg := range os.Args[3:] {
		name, address, _ := strings.Cut(arg, "=")
		one := &place{name: name, address: netip.MustParseAddr(address), inbox: make(chan packet, queued)}
		one.tun = open(name)
		places[one.address] = one
		byName[name] = one
	}
	for _, one := range places {
		go one.deliver()
		go one.collect(places, delay, loss)
	}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		word, name, _ := strings.Cut(lines.Text(), " ")
		one, known := byName[name]
		if !known {
			check(fmt.Errorf("there is no namespace %q", name))
		}
		one.cut.Store(word == "cut")
		fmt.Println(lines.Text())
	}
	fmt.Printf("%d packets carried, %d lost at random, %d to or from a place that was cut off\n",
		carried.Load(), lost.Load(), unreachable.Load())
}

// open makes the device in a namespace. The thread stays there, and ends with its goroutine.
func open(namespace string) *os.File {
	made := make(chan *os.File)
	go func() {
		runtime.LockOSThread()
		if namespace != "" {
			file, err := os.Open("/run/netns/" + namespace)
			check(err)
			_, _, code := syscall.RawSyscall(sysSetns, file.Fd(), syscall.CLONE_NEWNET, 0)
			if code != 0 {
				check(code)
			}
			file.Close()
		}
		fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		check(err)
		var request struct {
			name  [16]byte
			flags uint16
			_     [22]byte
		}
		copy(request.name[:], device)
		request.flags = syscall.IFF_TUN | syscall.IFF_NO_PI
		_, _, code := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&request)))
		if code != 0 {
			check(code)
		}
		made <- os.NewFile(uintptr(fd), device)
	}()
	return <-made
}

// collect reads what leaves a place, and puts what is not lost into the inbox of the place that it goes to.
func (from *place) collect(places map[netip.Addr]*place, delay time.Duration, loss float64) {
	buffer := make([]byte, 65536)
	for {
		length, err := from.tun.Read(buffer)
		check(err)
		if length < 20 || buffer[0]>>4 != 4 {
			continue
		}
		to, known := places[netip.AddrFrom4([4]byte(buffer[16:20]))]
		if !known {
			continue
		}
		if from.cut.Load() || to.cut.Load() {
			unreachable.Add(1)
			continue
		}
		if rand.Float64() < loss {
			lost.Add(1)
			continue
		}
		select {
		case to.inbox <- packet{append([]byte(nil), buffer[:length]...), time.Now().Add(delay)}:
		default:
			lost.Add(1)
		}
	}
}

// deliver writes packets in their order, each when it is due.
func (to *place) deliver() {
	for one := range to.inbox {
		time.Sleep(time.Until(one.due))
		if to.cut.Load() {
			unreachable.Add(1)
			continue
		}
		if _, err := to.tun.Write(one.data); err == nil {
			carried.Add(1)
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "wan:", err)
		os.Exit(1)
	}
}
