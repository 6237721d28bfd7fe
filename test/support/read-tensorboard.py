"""Prints what TensorBoard finds in a folder of event files, as JSON: scalars and images by tag."""

import base64
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
accumulator.Reload()
tags = accumulator.Tags()
found = {
    "scalars": {
        tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags["scalars"]
    },
    "images": {
        tag: [
            {
                "step": event.step,
                "width": event.width,
                "height": event.height,
                "png": base64.b64encode(event.encoded_image_string).decode(),
            }
            for event in accumulator.Images(tag)
        ]
        for tag in tags["images"]
    },
    "others": [tag for kind in ("tensors", "histograms", "distributions", "audio") for tag in tags[kind]],
}
print(json.dumps(found))
