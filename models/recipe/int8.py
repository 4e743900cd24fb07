"""TFLite models of 8 bits: made from Keras models, and run on grids of counts."""

import numpy as np
import tensorflow as tf


def quantized_after_training(model, samples):
    """Full-integer int8, ranges by the least and the largest value of `samples`, batches of one."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def converted(answer, quantized):
    """A .tflite of a function of one signature: of float32, or of int8 by the ranges written in it."""
    converter = tf.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()])
    if quantized:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def fake_weights(per_channel):
    """8 bits without -128, zero at 0: a range for each output channel of a convolution or one."""
    def weigh(weights):
        if per_channel and len(weights.shape) == 4:
            largest = tf.reduce_max(tf.abs(weights), [0, 1, 2])
            return tf.quantization.fake_quant_with_min_max_vars_per_channel(
                weights, -largest, largest, narrow_range=True)
        largest = tf.reduce_max(tf.abs(weights))
        return tf.quantization.fake_quant_with_min_max_vars(
            weights, -largest, largest, narrow_range=True)
    return weigh


class Int8Model:
    """A model of one input, which is a grid of whole counts from 0 to `cap`."""

    def __init__(self, content, cap):
        # XNNPACK rounds as the arithmetic that Preflash calls fp32-half-even.
        self.interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]
        self.scale, self.zero_point = self.input["quantization"]
        steps = np.round(np.arange(cap + 1) / self.scale) + self.zero_point
        self.table = np.clip(steps, -128, 127).astype(np.int8)

    def logits(self, grids):
        """The int8 outputs of every grid."""
        out = []
        for grid in grids:
            self.interpreter.set_tensor(self.input["index"], self.table[grid][None])
            self.interpreter.invoke()
            out.append(self.interpreter.get_tensor(self.output["index"])[0].copy())
        return np.array(out)

    def answers(self, grids):
        return self.logits(grids).argmax(1)


def micro_logits(content, table, grids):
    """The same by TensorFlow Lite for Microcontrollers: what cards call double-rounding."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content)
    out = []
    for grid in grids:
        interpreter.set_input(table[grid][None], 0)
        interpreter.invoke()
        out.append(interpreter.get_output(0)[0].copy())
    return np.array(out)
