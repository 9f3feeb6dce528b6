"""The library's tables, as numbered steps. A released step is never edited; a change is a new step.

Numbers of sources, media, faces and people are never given twice (autoincrement): what is remembered of
earlier answers names faces that may be gone, and keys are called after sources and people.
"""

from __future__ import annotations

from sqlite_utils import Migrations

from .db import Database

schema = Migrations("selfsearch")
keys_schema = Migrations("selfsearch-keys")


@keys_schema()
def k001_keys(db: Database) -> None:
    """Keys of sources and people, wrapped under the root's wrapping key."""
    _run(
        db,
        """create table keys (
            name text primary key,     -- "source:3", "person:1"
            wrapped blob not null,     -- cipher.Sealer(wrapping key), associated data = name
            created_at text not null
        ) strict""",
    )


@schema()
def m001_consents(db: Database) -> None:
    """The consent ledger: only ever appended to, each entry holding the hash of the one before."""
    _run(
        db,
        """create table consents (
            id integer primary key,
            at text not null,
            event text not null check (event in ('grant', 'renew', 'revoke', 'erase')),
            kind text not null check (kind in ('source', 'person', 'library')),
            subject text not null,          -- what is consented to: a source's root path, a person's name
            basis text not null default '' check (basis in ('', 'own', 'release')),
            given_by text not null default '',
            evidence_sha256 text not null default '',
            purpose text not null default '',
            categories text not null default '',
            statement_version text not null default '',
            statement text not null default '',
            method text not null default '',
            expires_at text not null default '',
            detail text not null default '',
            previous_hash text not null,
            hash text not null unique
        ) strict""",
        "create index consents_subject on consents (kind, subject)",
        """create trigger consents_keep_update before update on consents
           begin select raise(abort, 'the consent ledger is only ever appended to'); end""",
        """create trigger consents_keep_delete before delete on consents
           begin select raise(abort, 'the consent ledger is only ever appended to'); end""",
    )


@schema()
def m002_sources(db: Database) -> None:
    """Where media come from, and each look that was taken at it."""
    _run(
        db,
        """create table sources (
            id integer primary key autoincrement,
            locator text not null unique,   -- platform, container and number: a second run finds it by that
            root text not null,             -- the path that the user gave; consent is about it
            platform text not null,
            title text not null,
            why text not null,              -- how it was recognised, for people
            account text,
            display_name text,
            exported_at text,
            periods text not null default '[]',   -- JSON: when the account was public, from the export
            account_was text not null default '[]',  -- JSON: the same from the user, who knows better
            containers text not null,       -- JSON: absolute paths
            stamps text not null default '{}',  -- JSON: archive -> size and mtime at the last complete scan
            scanned_pack integer references packs (id),
            successor integer references sources (id),
            state text not null default 'live' check (state in ('live', 'unreachable', 'erasing')),
            added_at text not null,
            scanned_at text
        ) strict""",
        """create table packs (
            id integer primary key,
            name text not null,
            revision text not null unique,
            dimension integer not null check (dimension > 0)
        ) strict""",
        """create table scans (
            id integer primary key,
            source_id integer not null references sources (id) on delete cascade,
            pack_id integer not null references packs (id),
            started_at text not null,
            finished_at text,
            state text not null check (state in ('running', 'complete', 'interrupted', 'failed')),
            counts text not null default '{}'
        ) strict""",
        "create index scans_source on scans (source_id)",
    )


@schema()
def m003_items(db: Database) -> None:
    """One row per file found, one per distinct content, one per thing said about a file."""
    _run(
        db,
        """create table media (
            id integer primary key autoincrement,
            sha256 text not null unique,
            phash integer,                  -- 64-bit perceptual hash as a signed integer
            type text not null,
            bytes integer not null,
            width integer not null,
            height integer not null,
            problem text,
            taken_at text, taken_at_source text, latitude real, longitude real, caption text,
            people text not null default '[]'
        ) strict""",
        """create table items (
            id integer primary key,
            source_id integer not null references sources (id) on delete cascade,
            path text not null,             -- within the source
            address text not null,          -- absolute; ARCHIVE!MEMBER
            size integer not null,
            stamp text not null,
            said text not null,             -- digest of what the platform says, to notice when it changes
            outcome text not null,
            reason text,
            media_id integer references media (id),
            found_at text not null,
            gone_at text,
            unique (source_id, path)
        ) strict""",
        "create index items_media on items (media_id)",
        "create index items_outcome on items (source_id, outcome)",
        """create table sightings (
            id integer primary key,
            item_id integer not null references items (id) on delete cascade,
            platform text not null,
            account text, context text, caption text,
            posted_at text, posted_at_source text, taken_at text, taken_at_source text,
            url text, url_kind text, audience text, audience_source text,
            exposure text not null check (exposure in ('public', 'network', 'private', 'unknown')),
            exposure_reason text not null,
            album text, latitude real, longitude real, location_source text, place text,
            people text not null default '[]', author text, author_is_owner integer, post_id text
        ) strict""",
        "create index sightings_item on sightings (item_id)",
    )


@schema()
def m004_faces(db: Database) -> None:
    """Faces, and their chips and vectors sealed under the key of a source that holds the media."""
    _run(
        db,
        """create table faces (
            id integer primary key autoincrement,
            media_id integer not null references media (id) on delete cascade,
            ordinal integer not null,       -- place among the media's chips and vectors
            time_ms integer, from_ms integer, to_ms integer,
            x real not null, y real not null, width real not null, height real not null,
            landmarks blob not null,        -- 5 x (x, y), little-endian float32
            score real not null,
            quality real not null,
            unique (media_id, ordinal)
        ) strict""",
        """create table chips (
            media_id integer primary key references media (id) on delete cascade,
            source_id integer not null references sources (id),
            sealed blob not null
        ) strict""",
        """create table vectors (
            media_id integer not null references media (id) on delete cascade,
            pack_id integer not null references packs (id),
            source_id integer not null references sources (id),
            count integer not null,
            bystanders integer not null default 0,  -- faces that were counted and not kept
            sealed blob not null,
            primary key (media_id, pack_id)
        ) strict, without rowid""",
        "create index chips_source on chips (source_id)",
        "create index vectors_source on vectors (source_id)",
    )


@schema()
def m005_people(db: Database) -> None:
    """Who is searched for, by which photographs, what they said of the answers, and who asked when."""
    _run(
        db,
        """create table people (
            id integer primary key autoincrement,
            name text not null unique,
            enrolled_at text not null
        ) strict""",
        """create table probes (
            id integer primary key,
            person_id integer not null references people (id) on delete cascade,
            sha256 text not null,           -- of the photograph
            quality real not null,
            chip blob not null,             -- sealed under the person's key
            added_at text not null
        ) strict""",
        """create table probe_vectors (
            probe_id integer not null references probes (id) on delete cascade,
            pack_id integer not null references packs (id),
            sealed blob not null,
            primary key (probe_id, pack_id)
        ) strict, without rowid""",
        """create table verdicts (
            person_id integer not null references people (id) on delete cascade,
            face_id integer not null references faces (id) on delete cascade,
            verdict text not null check (verdict in ('me', 'not_me')),
            at text not null,
            primary key (person_id, face_id)
        ) strict, without rowid""",
        """create table queries (
            id integer primary key,
            at text not null,
            person text,
            purpose text not null default '',
            outcome text not null check (outcome in ('answered', 'refused', 'no_face')),
            appearances integer
        ) strict""",
    )


@schema()
def m006_changes(db: Database) -> None:
    """Where each person appeared when we last looked, and what has changed since; each change is told once.

    Faces are named without a foreign key: a face that is gone must still be told of. Erasing a source or
    person erases these rows, too.
    """
    _run(
        db,
        """create table appearances (
            person_id integer not null references people (id) on delete cascade,
            face_id integer not null,
            score real not null,
            band text,
            exposure text not null,
            places text not null,           -- JSON: addresses, sorted
            primary key (person_id, face_id)
        ) strict, without rowid""",
        """create table changes (
            id integer primary key,
            person_id integer not null references people (id) on delete cascade,
            at text not null,
            kind text not null check (kind in ('new', 'gone', 'moved', 'band', 'exposure')),
            face_id integer not null,
            before text not null,           -- JSON: score, band, exposure, places; {} for new
            after text not null,            -- JSON, {} for gone
            told_at text
        ) strict""",
        "create index changes_told on changes (person_id, told_at)",
    )


@schema()
def m007_erasures(db: Database) -> None:
    """What is to be erased and is not yet gone; a row goes when its receipt is in the ledger."""
    _run(
        db,
        """create table erasures (
            id integer primary key,
            kind text not null check (kind in ('source', 'person', 'media', 'bystanders', 'library')),
            number integer,                 -- of the source, person or media
            subject text not null,          -- what the receipt calls it
            began_at text not null,
            counts text                     -- JSON; set in the transaction that removed the rows
        ) strict""",
    )


@schema()
def m008_first_look(db: Database) -> None:
    """When each person's appearances were first noted: nothing is new then, it is where counting begins."""
    _run(db, "alter table people add column looked_at text")


@schema()
def m009_lookout(db: Database) -> None:
    """What the last look rested on, why something differs, and what has been told."""
    _run(
        db,
        "alter table people add column seen_pack text",  # revision of the pack at the last look
        "alter table people add column seen_media integer",  # the newest media at the last look
        "alter table changes add column why text",
        "alter table changes add column announced_at text",  # when a re-scan's own answer counted it
        """create table reminders (
            entry integer not null references consents (id),
            what text not null check (what in ('soon', 'ended')),
            at text not null,
            primary key (entry, what)
        ) strict, without rowid""",
    )


@schema()
def m010_vectors_with_rowid(db: Database) -> None:
    """Vectors in an ordinary table.

    Without rowids, what does not fit a quarter of a page (two faces) takes a page of its own, and loading
    100,000 vectors took more than twice as long.
    """
    _run(
        db,
        """create table vectors_new (
            media_id integer not null references media (id) on delete cascade,
            pack_id integer not null references packs (id),
            source_id integer not null references sources (id),
            count integer not null,
            bystanders integer not null default 0,  -- faces that were counted and not kept
            sealed blob not null,
            primary key (media_id, pack_id)
        ) strict""",
        """
        insert into vectors_new (media_id, pack_id, source_id, count, bystanders, sealed)
        select media_id, pack_id, source_id, count, bystanders, sealed
        from vectors
        order by media_id
        """,
        "drop table vectors",
        "alter table vectors_new rename to vectors",
        "create index vectors_source on vectors (source_id)",
    )


@schema()
def m011_ledger_of_any_event(db: Database) -> None:
    """The ledger takes events of every kind, and an index answers what each entry is about, and its hash."""
    _run(
        db,
        """create table consents_new (
            id integer primary key,
            at text not null,
            event text not null,
            kind text not null check (kind in ('source', 'person', 'library')),
            subject text not null,          -- what is consented to: a source's root path, a person's name
            basis text not null default '' check (basis in ('', 'own', 'release')),
            given_by text not null default '',
            evidence_sha256 text not null default '',
            purpose text not null default '',
            categories text not null default '',
            statement_version text not null default '',
            statement text not null default '',
            method text not null default '',
            expires_at text not null default '',
            detail text not null default '',
            previous_hash text not null,
            hash text not null unique
        ) strict""",
        "insert into consents_new select * from consents order by id",
        "create temp table kept_reminders as select * from reminders",  # they refer to entries
        "delete from reminders",
        "drop table consents",
        "alter table consents_new rename to consents",
        "insert into reminders select * from temp.kept_reminders",
        "drop table temp.kept_reminders",
        "create index consents_subject on consents (kind, subject, hash)",
        """create trigger consents_keep_update before update on consents
           begin select raise(abort, 'the consent ledger is only ever appended to'); end""",
        """create trigger consents_keep_delete before delete on consents
           begin select raise(abort, 'the consent ledger is only ever appended to'); end""",
    )


@schema()
def m012_identity(db: Database) -> None:
    """Which library this is: a copy of the database says so itself. Filled by Library.migrate()."""
    _run(db, "create table identity (library_id text not null) strict")


@schema()
def m013_enrolments(db: Database) -> None:
    """On what each photograph of a person rests, and what became of photographs in the audit log.

    Probes from before count as stated: nobody compared them, and the person is searched by them. Their
    numbers are given once, too, from now on. Their embeddings are put aside meanwhile: they would go with the
    table that they refer to.
    """
    _run(
        db,
        "create temp table kept_vectors as select * from probe_vectors",
        "delete from probe_vectors",
        """create table probes_new (
            id integer primary key autoincrement,
            person_id integer not null references people (id) on delete cascade,
            sha256 text not null,           -- of the photograph
            quality real not null,
            chip blob not null,             -- sealed under the person's key
            added_at text not null,
            entry integer,                  -- of the ledger: the consent that it rests on
            stated integer not null default 1  -- 0: not stated for it, it resembled what was kept
        ) strict""",
        """
        insert into probes_new
        select probes.*, (
            select max(consents.id)
            from consents
            join people on people.name = consents.subject
            where people.id = probes.person_id
                and kind = 'person' and event in ('grant', 'renew') and at <= added_at
        ), 1
        from probes
        """,
        "drop table probes",
        "alter table probes_new rename to probes",
        "insert into probe_vectors select * from kept_vectors",
        "drop table kept_vectors",
        """create table queries_new (
            id integer primary key,
            at text not null,
            person text,
            purpose text not null default '',
            outcome text not null check (outcome in ('answered', 'refused', 'no_face', 'added', 'removed')),
            appearances integer,
            action text not null default 'query' check (action in ('query', 'add', 'remove')),
            photographs text not null default '[]',  -- JSON: sha256 of each that was added or removed
            entry integer                   -- of the ledger, for what was added or removed
        ) strict""",
        """
        insert into queries_new (id, at, person, purpose, outcome, appearances)
        select id, at, person, purpose, outcome, appearances
        from queries
        """,
        "drop table queries",
        "alter table queries_new rename to queries",
        """create table erasures_new (
            id integer primary key,
            kind text not null
                check (kind in ('source', 'person', 'media', 'probe', 'bystanders', 'library')),
            number integer,                 -- of the source, person, media or probe
            subject text not null,          -- what the receipt calls it
            began_at text not null,
            counts text                     -- JSON; set in the transaction that removed the rows
        ) strict""",
        "insert into erasures_new select * from erasures",
        "drop table erasures",
        "alter table erasures_new rename to erasures",
    )


@schema()
def m014_real_paths(db: Database) -> None:
    """The real path of files that are read behind a link, so that consent and erasing know them by it."""
    _run(
        db,
        "alter table items add column real text",
        "create index items_real on items (real) where real is not null",
    )


@schema()
def m015_scanned_with(db: Database) -> None:
    """Which selfsearch read a source last: a newer one may read what that one could not."""
    _run(db, "alter table sources add column scanned_with text")


@schema()
def m016_confirmed_and_told(db: Database) -> None:
    """Which of the faces that a person confirmed the person is searched by, too; since when changes are told.

    Until now only re-scans looked for what changed, and each of them was in the audit log. From now on,
    `places` is a JSON object: address -> who can see it there, null for a plain file.
    """
    _run(
        db,
        """
        alter table verdicts add column in_template integer not null default 0
            check (in_template = 0 or verdict = 'me')
        """,
        "alter table people add column asked_first integer not null default 0",  # a query was the first look
        "alter table people add column rescanned_at text",  # the last re-scan whose answer reached somebody
        """
        update people
        set rescanned_at = (
            select max(at) from queries
            where person = people.name and purpose = 're-scan' and outcome = 'answered'
        )
        where looked_at is not null
        """,
    )


@schema()
def m017_evidence(db: Database) -> None:
    """Which records say what is known of a file, on what its exposure rests, whether it is known what an
    audience's word means, and what the user said that it means.

    `audience_means` is a JSON object: word -> exposure.
    """
    _run(
        db,
        "alter table sightings add column records text not null default '[]'",
        "alter table sightings add column exposure_evidence text not null default '[]'",
        """
        alter table sightings add column audience_known integer not null default 1
            check (audience_known in (0, 1))
        """,
        "alter table sources add column audience_means text not null default '{}'",
        # the few of which a platform's word is all that is known of who could see them
        """
        create index sightings_undecided on sightings (audience)
        where exposure = 'unknown' and audience is not null
        """,
        # what was said until now may be narrower than its evidence: every export is read again
        "update sources set scanned_with = null",
    )


@schema()
def m018_detail(db: Database) -> None:
    """How carefully the pictures of a source are to be searched for faces, and how carefully each one was.

    Pictures of before have revision 0 of detection, and are not searched again unless somebody asks for it.
    """
    details = "check (detail in ('fast', 'normal', 'thorough'))"
    _run(
        db,
        f"alter table media add column detail text not null default 'normal' {details}",
        "alter table media add column detection integer not null default 0",  # the revision that searched it
        "create index media_searched on media (detection, detail)",
        f"alter table sources add column detail text not null default 'normal' {details}",
        "alter table sources add column detection integer not null default 0",  # the oldest one that will do
        # a re-scan's answer said that its pictures were searched by an older one
        "alter table sources add column older_told integer not null default 0 check (older_told in (0, 1))",
        "alter table people add column seen_face integer",  # the newest face at the last look
        "update people set seen_face = (select max(id) from faces) where looked_at is not null",
    )


@schema()
def m019_confirmed(db: Database) -> None:
    """Whether somebody had to say whom photographs show, because they did not show it clearly.

    Who is only told apart from others is a row of `people` like any other: the ledger says what it is for.
    """
    _run(
        db,
        """
        alter table queries add column confirmed integer not null default 0
            check (confirmed in (0, 1))
        """,
    )


def _run(db: Database, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)
