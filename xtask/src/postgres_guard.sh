# Runs a throw-away PostgreSQL for as long as its own standard input stays open, then stops it and
# removes its folder. However xtask ends (done, failed, Ctrl-C, killed), its end of the pipe closes.
# Usage: sh postgres_guard.sh FOLDER BIN PORT [COMMAND THAT SWITCHES THE USER...]
trap '' HUP INT TERM
folder=$1 bin=$2 port=$3
shift 3
cd "$folder" || exit 1

"$@" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$folder/server.log" 2>&1 </dev/null || exit 1
"$@" "$bin/postgres" -D "$folder/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c shared_buffers=64MB \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    >>"$folder/server.log" 2>&1 </dev/null &
server=$!

read -r _

# Asked again and again, since a server that is only just starting does not hear the first request.
tries=0
while kill -INT "$server" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -KILL "$server" 2>/dev/null
wait "$server"
cd / && rm -rf "$folder"
