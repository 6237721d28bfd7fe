"""What tf2onnx makes of networks: `tf2onnx_nets.py FOLDER...`, one a network. Prints a line of JSON for each: nodes or error.

A folder holds weights.json (the name and shape of each weight), weights.bin, inputs.json (name, type and shape of each input)
and topology.json where it is a layers model, which Keras 2 reads as it is; or it is that of a TensorFlow.js graph model. Other
networks are those of FUNCTIONS, the same in TensorFlow's own functions. Writes tf2onnx.onnx beside them.
"""

import json
import os
import sys
from pathlib import Path
from subprocess import run

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import logging

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

logging.disable(logging.WARNING)
tf.get_logger().setLevel("ERROR")

OPSET = 18  # tf2onnx's newest


class RootMeanSquare(tf.keras.layers.Layer):
    def __init__(self, seed=1, **rest):
        super().__init__(**rest)

    def build(self, shape):
        self.gain = self.add_weight("gain", [shape[-1]])

    def call(self, x):
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + 1e-6) * self.gain


def transformer(p):
    heads, width = 2, p["qkv"].shape[0]

    def norm(x):
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5) * p["gamma"] + p["beta"]

    def project(x, w):
        y = tf.matmul(tf.reshape(x, [-1, w.shape[0]]), w)
        return tf.reshape(y, tf.concat([tf.shape(x)[:-1], [w.shape[1]]], 0))

    def gelu(x):
        return x * 0.5 * (tf.math.erf(x / np.float32(np.sqrt(2))) + 1)

    def apply(ids):
        batch, length = tf.unstack(tf.shape(ids))
        x = tf.gather(p["tokens"], ids) + tf.constant(p["places"])[:length]
        q, k, v = [
            tf.transpose(tf.reshape(t, [batch, length, heads, width // heads]), [0, 2, 1, 3])
            for t in tf.split(project(norm(x), p["qkv"]), 3, -1)
        ]
        weight = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * np.float32(1 / np.sqrt(width // heads)))
        attended = tf.reshape(tf.transpose(tf.matmul(weight, v), [0, 2, 1, 3]), [batch, length, width])
        h = x + project(attended, p["out"])
        return {"y": h + project(gelu(project(norm(h), p["up"])), p["down"])}

    return apply


def energy_score(p):
    def apply(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            a = tf.nn.softplus(tf.nn.conv2d(x, p["p0"], 2, "SAME"))
            b = tf.nn.softplus(tf.nn.conv2d(a, p["p1"], 1, "SAME"))
            energy = tf.reduce_sum(tf.matmul(tf.reduce_mean(b, [1, 2]), p["p2"]))
        return {"score": -tape.gradient(energy, x)}

    return apply


def training_step(_):
    def apply(w, v, m, x, y):
        with tf.GradientTape() as tape:
            tape.watch([w, v])
            h = tf.nn.relu(tf.nn.conv2d(x, w, 1, "SAME"))
            logits = tf.matmul(tf.reduce_mean(h, [1, 2]), v)
            loss = tf.reduce_mean(tf.reduce_logsumexp(logits, 1) - tf.reduce_sum(tf.one_hot(y, 4) * logits, 1))
        dw, dv = tape.gradient(loss, [w, v])
        moment = m * 0.9 + dw
        return {"loss": loss, "w_next": w - moment * 0.1, "m_next": moment, "dv": dv}

    return apply


def equilibrium(p):
    def apply(x):
        def step(z, change):
            following = tf.tanh(tf.matmul(z, p["w"]) + x)
            return following, tf.reduce_max(tf.abs(following - z))

        z, _ = tf.while_loop(lambda z, change: change > 1e-3, step, [tf.zeros_like(x), tf.constant(1.0)])
        z, pooled = tf.cond(
            tf.reduce_mean(x) > 0, lambda: (z, tf.reduce_mean(z, 0)), lambda: (-z, tf.reduce_max(z, 0))
        )
        return {"z": z, "pooled": pooled}

    return apply


FUNCTIONS = {
    "transformer": transformer,
    "energyScore": energy_score,
    "trainingStep": training_step,
    "equilibrium": equilibrium,
}


def read_weights(folder):
    data = np.fromfile(folder / "weights.bin", np.float32)
    weights, at = {}, 0
    for name, shape in json.loads((folder / "weights.json").read_text()):
        size = int(np.prod(shape))
        weights[name] = data[at : at + size].reshape(shape)
        at += size
    return weights


def fill_in(path):
    """TensorFlow wants an attribute that TensorFlow.js's converter leaves out of fused convolutions."""
    model = json.loads(path.read_text())
    for node in model["modelTopology"]["node"]:
        if node["op"] == "_FusedConv2D":
            count = int(node["attr"]["num_args"]["i"])
            node["attr"]["TArgs"] = {"list": {"type": ["DT_FLOAT"] * count}}
    path.write_text(json.dumps(model))


def convert(folder):
    path = str(folder / "tf2onnx.onnx")
    graph_model = folder / "model.json"
    if graph_model.exists():
        fill_in(graph_model)
        command = ["--tfjs", str(graph_model), "--output", path, "--opset", str(OPSET)]
        run([sys.executable, "-m", "tf2onnx.convert", *command], check=True, capture_output=True)
        return onnx.load(path)
    weights = read_weights(folder)
    signature = [
        tf.TensorSpec([d if isinstance(d, int) else None for d in shape], dtype, name)
        for name, dtype, shape in json.loads((folder / "inputs.json").read_text())
    ]
    topology = folder / "topology.json"
    if topology.exists():
        config = json.loads(topology.read_text())
        for layer in config["config"]["layers"]:
            # TensorFlow.js does not tell it.
            if layer["class_name"] == "SeparableConv2D":
                layer["config"]["depth_multiplier"] = weights[layer["name"] + "/0"].shape[3]
        custom = {"RootMeanSquare": RootMeanSquare, "Model": tf.keras.Model}
        model = tf.keras.models.model_from_json(json.dumps(config), custom_objects=custom)
        for layer in model.layers:
            layer.set_weights([weights[f"{layer.name}/{i}"] for i in range(len(layer.weights))])
        return tf2onnx.convert.from_keras(model, signature, opset=OPSET, output_path=path)[0]
    function = tf.function(FUNCTIONS[folder.name](weights), input_signature=signature)
    return tf2onnx.convert.from_function(function, signature, opset=OPSET, output_path=path)[0]


def count(graph):
    bodies = [a.g for node in graph.node for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    return len(graph.node) + sum(map(count, bodies))


for argument in sys.argv[1:]:
    folder = Path(argument)
    try:
        print(json.dumps({"nodes": count(convert(folder).graph)}), flush=True)
    except Exception as error:
        print(json.dumps({"error": (str(error).strip() or type(error).__name__).splitlines()[0]}), flush=True)
