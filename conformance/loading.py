"""Counts the statements by which SQLAlchemy loads artists with their albums, tracks, genres and playlists
from Chinook, for every mixture of strategies: `python loading.py [last artist [mixture …]] > counts`, a mixture
being `selectin,joined,lazy,subquery`.

Each line: the strategies of albums, tracks, genre and playlists, and how many SELECTs that took.
"""

import csv
import itertools
import pathlib
import sys

from sqlalchemy import Column, ForeignKey, String, Table, create_engine, event, insert, select
from sqlalchemy import orm
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

DATA = pathlib.Path(__file__).parent.parent / "examples" / "chinook" / "data"


class Base(DeclarativeBase):
    pass


playlist_track = Table(
    "playlist_track",
    Base.metadata,
    Column("playlist_id", ForeignKey("playlist.id"), primary_key=True),
    Column("track_id", ForeignKey("track.id"), primary_key=True),
)


class Artist(Base):
    __tablename__ = "artist"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(120))
    albums: Mapped[list["Album"]] = relationship(back_populates="artist", order_by="Album.id")


class Album(Base):
    __tablename__ = "album"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(160))
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"))
    artist: Mapped[Artist] = relationship(back_populates="albums")
    tracks: Mapped[list["Track"]] = relationship(back_populates="album", order_by="Track.id")


class Genre(Base):
    __tablename__ = "genre"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(120))


class Playlist(Base):
    __tablename__ = "playlist"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(120))


class Track(Base):
    __tablename__ = "track"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    genre_id: Mapped[int | None] = mapped_column(ForeignKey("genre.id"))
    album: Mapped[Album | None] = relationship(back_populates="tracks")
    genre: Mapped[Genre | None] = relationship()
    playlists: Mapped[list[Playlist]] = relationship(secondary=playlist_track, order_by=Playlist.id)


STRATEGIES = ["lazy", "selectin", "joined", "subquery"]
STEPS = [Artist.albums, Album.tracks, Track.genre, Track.playlists]


def fill(connection):
    for table in Base.metadata.sorted_tables:
        with open(DATA / f"{table.name}.csv", newline="", encoding="utf-8") as file:
            # A table's own key is `artist_id` there.
            names = {it.name: f"{table.name}_id" if it.name == "id" else it.name for it in table.columns}
            rows = [{own: row[name] or None for own, name in names.items()} for row in csv.DictReader(file)]
        connection.execute(insert(table), rows)


def option(chain):
    made = None
    for strategy, step in chain:
        name = "lazyload" if strategy == "lazy" else f"{strategy}load"
        made = getattr(orm if made is None else made, name)(step)
    return made


def main():
    last = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        fill(connection)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    wanted = [tuple(it.split(",")) for it in sys.argv[2:]] or itertools.product(STRATEGIES, repeat=4)
    for mixture in wanted:
        albums, tracks, genre, playlists = zip(mixture, STEPS)
        with Session(engine) as session:
            sent.clear()
            query = select(Artist).where(Artist.id <= last).order_by(Artist.id)
            query = query.options(option([albums, tracks, genre]), option([albums, tracks, playlists]))
            for artist in session.scalars(query).unique():
                for album in artist.albums:
                    for track in album.tracks:
                        _ = track.genre, track.playlists
        print(*mixture, len(sent))


main()
