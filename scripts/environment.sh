# Sourced by scripts/selfsearch and scripts/test: a private virtual environment with selfsearch in it.
#
# An environment is ready when its stamp equals the one that describes this checkout. Anything else is mended under a
# lock: without a stamp (a first use, or an install that was interrupted) it is made from nothing, because pip takes a
# half-written package for a whole one; with an old stamp it is brought up to date.

export ORT_DISABLE_TELEMETRY=1  # onnxruntime reports to its maker otherwise, and only this stops it
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX  # what is private stays private

checkout=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)

say() {
    printf 'selfsearch: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# Prints the first Python that selfsearch runs on.
find_python() {
    for python in ${SELFSEARCH_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
        if "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    found=$(python3 --version 2>/dev/null) || fail "python3 is not installed. On Debian or Ubuntu: apt install python3 python3-venv"
    fail "it needs Python 3.10 to 3.14, and this is $found. Install one and name it: SELFSEARCH_PYTHON=/path/to/python3"
}

# Prints how this user's environment would be made. It follows the checkout's code by itself (pip's editable install)
# where the default model pack can be put beside that code; from a checkout that cannot be written to it is a copy.
way_to_install() {
    if [ -w "$checkout/selfsearch" ]; then echo editable; else echo copy; fi
}

# Prints what environment $1, made in way $2, must have come from. Every use pays for it: a few milliseconds.
stamp_for() (
    printf '%s\n' "$2" "$1" "$(readlink -f -- "$1/bin/python")"
    cd -- "$checkout" || exit
    if [ "$2" = copy ]; then code=selfsearch; else code=''; fi
    # shellcheck disable=SC2086
    find pyproject.toml LICENSE scripts/MODEL.LICENSE scripts/locks scripts/lockfile.py scripts/sbom.py \
        scripts/build_hook.py scripts/convert_pack.py scripts/environment.sh $code \
        -type f ! -name '*.pyc' ! -path '*/packs/bundled/*' | LC_ALL=C sort | xargs cksum
)

is_ready() {
    [ -f "$1/selfsearch.stamp" ] || return 1
    read -r way <"$1/selfsearch.stamp" || return 1
    if [ "$way" = editable ] && [ ! -f "$checkout/selfsearch/packs/bundled/opencv-zoo/manifest.json" ]; then
        return 1
    fi
    [ "$(stamp_for "$1" "$way")" = "$(cat -- "$1/selfsearch.stamp")" ]
}

# Whether $1 is a folder that we made, an empty one, or none at all: only then may anything in it be touched.
is_ours() {
    # in this order: another run may write selfsearch.made, its first file, at any moment
    [ -z "$(ls -A -- "$1" 2>/dev/null)" ] || [ -e "$1/selfsearch.made" ]
}

# make_ready ENVIRONMENT LOCK...: what is installed is named, with its sha256, in these locks.
make_ready() {
    is_ready "$1" && return
    # A subshell: the umask and the lock on the folder end with it.
    (
        umask 022
        python=$(find_python)
        mkdir -p -- "$1" || fail "it cannot make $1. Name a folder for its environment: SELFSEARCH_VENV=/path/to/folder"
        is_ours "$1" || fail "$1 holds something else. Name another folder for its environment: SELFSEARCH_VENV=/path/to/folder"
        exec 9<"$1"
        lock "$python"
        is_ready "$1" || install "$@"
    )
}

# The lock belongs to the open folder, so it ends with the last process that has it open, however that ends.
lock() {
    "$1" -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.stderr.write("selfsearch: another run is preparing the environment; waiting for it\n")
    fcntl.flock(9, fcntl.LOCK_EX)
'
}

# install ENVIRONMENT LOCK...: says each step before it is done, for most of them take a while.
install() {
    venv=$1
    shift
    log=$venv/selfsearch.log
    began=$(date +%s)
    if [ -f "$venv/selfsearch.stamp" ] && [ "$(readlink -f -- "$venv/bin/python")" = "$(sed -n 3p "$venv/selfsearch.stamp")" ]; then
        is_new=''
        say "the checkout has changed: bringing $venv up to date"
        rm -f -- "$venv/selfsearch.stamp"
        : >"$log"
        pip uninstall --yes opencv-python # of earlier versions: the one without windows has the same files
    else
        is_new=yes
        say "first use: about a minute, 240 MB to download, 810 MB on disk"
        step 1 "making a Python environment in $venv"
        make_empty
    fi
    way=$(way_to_install)
    if [ "$way" = editable ]; then editable=-e; else editable=''; fi
    install_locked "$@"
    step 4 "making the face model pack and the command selfsearch"
    # shellcheck disable=SC2086
    pip install --no-deps --no-build-isolation $editable "$checkout"
    stamp_for "$venv" "$way" >"$venv/selfsearch.stamp.new"
    mv -f -- "$venv/selfsearch.stamp.new" "$venv/selfsearch.stamp"
    say "ready after $(($(date +%s) - began)) seconds; $(du -sm -- "$venv" | cut -f 1) MB on disk"
}

# step NUMBER WORDS: what is done now.
step() {
    say "${is_new:+$1 of 4: }$2"
}

make_empty() {
    : >"$venv/selfsearch.made"
    find "$venv" -mindepth 1 -maxdepth 1 ! -name selfsearch.made -exec rm -rf -- {} +
    "$python" -c 'import ensurepip, venv' 2>"$log" ||
        fail "Python's venv module is incomplete here. On Debian or Ubuntu: apt install python3-venv"
    "$python" -m venv "$venv" >>"$log" 2>&1 || explain
}

pip() {
    run_pip "$@" >>"$log" 2>&1 || explain
}

run_pip() {
    PIP_USER=0 "$venv/bin/python" -m pip --no-input --disable-pip-version-check "$@"
}

# install_locked LOCK...: the locks name everything, and nothing else is taken.
install_locked() {
    listed=0
    for lock in "$@"; do
        shift
        listed=$((listed + $(grep -c '==' "$checkout/scripts/locks/$lock.txt" || :)))
        set -- "$@" -r "$checkout/scripts/locks/$lock.txt"
    done
    # A pipeline ends with its last command's code, so what became of pip goes past it.
    ended=$({ { run_pip install --progress-bar off --no-deps --require-hashes "$@" 2>&1 && echo well >&3; } | follow; } 3>&1)
    [ "$ended" = well ] || explain
}

# Reads what pip says while it installs: all of it goes into the log, and how far it is, to the terminal.
follow() {
    files=0
    kilobytes=0
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        case $line in
            'Ignoring '*) listed=$((listed - 1)) ;; # for another system or Python
            *'Downloading '*' ('*)
                if [ "$files" = 0 ]; then step 2 "downloading ${is_new:+$listed }packages"; fi
                count "${line##*Downloading }"
                ;;
            'Installing collected packages'*)
                clear_progress
                step 3 "unpacking them; $((kilobytes / 1000)) MB were downloaded"
                ;;
        esac
    done
    clear_progress
}

# count FILE: one more, such as "numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.6 MB)".
count() {
    files=$((files + 1))
    size=${1##*(}
    size=${size%)}
    if [ -t 2 ]; then
        so_far="$files${is_new:+ of $listed}, $((kilobytes / 1000)) MB so far"
        printf '\r\033[K            %s' "$so_far; now ${1%%-*}, $size" >&2
    fi
    whole=${size%%[. ]*}
    case $size in
        *' kB') kilobytes=$((kilobytes + whole)) ;;
        *.?' MB')
            tenths=${size#*.}
            kilobytes=$((kilobytes + whole * 1000 + ${tenths% MB} * 100))
            ;;
    esac
}

clear_progress() {
    if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

# Says why the last step failed, as far as its log tells.
explain() {
    if grep -qi 'no space left' "$log"; then
        fail "the disk is full: the environment in $venv needs about 1 GB"
    fi
    if grep -qi 'do not match the hashes' "$log"; then
        fail "the package index gave a file that is not the one this version was made with, so nothing of it was installed. Try again; if it stays so, do not go on, and report it. What it was: $log"
    fi
    if grep -qiE 'connection ?error|name resolution|name or service not known|unreachable|timed out' "$log"; then
        fail "the package index cannot be reached. The first use needs the network; later ones do not. Try again when there is one."
    fi
    tail -n 15 -- "$log" >&2
    fail "it could not be installed; the lines above are the end of $log"
}
