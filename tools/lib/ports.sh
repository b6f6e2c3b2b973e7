# shellcheck shell=bash
# Who listens where, read from /proc: a bare machine has neither ss nor lsof. Where there is no
# /proc nothing is found, and the server itself names a port in use.
# Sourced after common.sh, never run.

# listener_inode PORT : the socket that listens on the port, and nothing when none does.
listener_inode() {
  local hex
  hex=$(printf '%04X' "$1")
  # State 0A is LISTEN; field 10 is the socket's inode.
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }'
}

port_is_taken() {
  [[ -n $(listener_inode "$1") ]]
}

# port_holder PORT : "name (process 123)", or nothing when it belongs to another user.
port_holder() {
  local inode link pid
  inode=$(listener_inode "$1")
  [[ -n $inode ]] || return 0
  for link in /proc/[0-9]*/fd/*; do
    if [[ $(readlink "$link" 2>/dev/null) == "socket:[$inode]" ]]; then
      pid=${link#/proc/}
      pid=${pid%%/*}
      printf '%s (process %s)' "$(cat "/proc/$pid/comm")" "$pid"
      return 0
    fi
  done
  printf 'a process of another user'
}

# require_free_address VARIABLE ADDRESS : fails when the address' port is taken, and says by whom.
require_free_address() {
  local variable=$1 address=$2 port holder
  port=${address##*:}
  # Such as `off`.
  [[ $port =~ ^[0-9]+$ ]] || return 0
  port_is_taken "$port" || return 0
  holder=$(port_holder "$port")
  local mends=()
  [[ $holder =~ process\ ([0-9]+) ]] && mends+=("stop that one: kill ${BASH_REMATCH[1]}")
  mends+=("or choose another port: $variable=${address%:*}:$((port + 100)) ${HEALTHFLOW_COMMAND:-tools/run}")
  fail "port $port is in use by $holder" "${mends[@]}"
}

# free_port FROM : the first port from there on that nobody listens on.
free_port() {
  local port=$1
  while port_is_taken "$port"; do
    port=$((port + 1))
  done
  printf '%s' "$port"
}

# wait_for_port PORT SECONDS PID : until the process listens there; fails when it ends before.
wait_for_port() {
  local port=$1 until=$((SECONDS + $2)) pid=$3
  until port_is_taken "$port"; do
    kill -0 "$pid" 2>/dev/null || return 1
    ((SECONDS < until)) || return 1
    sleep 0.1
  done
}
