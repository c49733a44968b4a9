"""Trimtab as one of the peers: the same data, nets and initial weights as the others.

Run by benchmarks/run.py, which puts the folder of the peers' scripts on PYTHONPATH. It can also be
run by hand, with the arguments that `harness.py` there defines: `--workload W1 --threads 2`.
"""

import concurrent.futures

import workloads
from harness import Peer, main

LAYERS = {
    "dense": "Dense",
    "bn": "BatchNormalization",
    "act": "Activation",
    "prelu": "PReLU",
    "dropout": "Dropout",
    "maxpool": "MaxPooling2D",
    "flatten": "Flatten",
    "gap": "GlobalAveragePooling2D",
}


class Trimtab(Peer):
    """The public API and nothing else: what a user's script would call."""

    name = "trimtab"
    variants = ("fit",)

    def load(self):
        """Import the library; the harness takes the time."""
        import trimtab

        self.keras = trimtab
        trimtab.config.set_num_threads(self.threads)

    def build(self, net, seed=0, random_bn=False):
        """Make the model of `net` with the weights that every peer starts from."""
        keras = self.keras
        keras.utils.set_random_seed(seed)
        inputs = keras.Input(self.w["x"])
        initial = workloads.init(net, self.w["x"], seed, random_bn)
        self.model = keras.Model(inputs, self.stacked(net, initial, inputs, to_fill := []))
        for layer, weights in to_fill:
            layer.set_weights(weights)
        if "opt" in self.w:
            self.model.compile(
                self.optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"]
            )

    def stacked(self, net, initial, x, to_fill):
        """The output of `net` on `x`; adds (layer, its weights) to `to_fill`."""
        layers = self.keras.layers
        for (kind, *arguments), weights in zip(net, initial, strict=True):
            if kind == "res":
                parts = workloads.res_parts((kind, *arguments), x.shape[-1])
                paths = zip(parts, weights, strict=True)
                x = layers.add([self.stacked(part, w, x, to_fill) for part, w in paths])
                x = layers.Activation("relu")(x)
                continue
            if kind == "conv":
                filters, size, stride = arguments
                layer = layers.Conv2D(filters, size, stride, "same", use_bias=False)
            else:
                layer = getattr(layers, LAYERS[kind])(*arguments)
            x = layer(x)
            if weights:
                to_fill.append((layer, weights))
        return x

    def optimizer(self):
        """The workload's optimizer: ("sgd", rate, momentum) or ("adam", rate)."""
        kind, rate, *momentum = self.w["opt"]
        if kind == "sgd":
            return self.keras.optimizers.SGD(rate, momentum=momentum[0], nesterov=True)
        return self.keras.optimizers.Adam(rate)

    def fit(self, epochs, on_epoch):
        """One call of `fit`; `on_epoch(loss, accuracy)` says when to stop."""
        model = self.model

        def stop_if_told(epoch, logs):
            model.stop_training = bool(on_epoch(logs["loss"], logs["accuracy"]))

        watch = self.keras.callbacks.LambdaCallback(on_epoch_end=stop_if_told)
        batch_size = self.w["batch"]
        model.fit(
            self.X, self.y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[watch]
        )

    def study(self):
        """Every placement and seed; the fits are independent, so each thread takes its own."""
        self.keras.config.set_num_threads(1)
        jobs = {}
        with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
            for place in self.w["places"]:
                for seed in range(self.w["seeds"]):
                    self.build(workloads.thread(place), seed=seed)
                    jobs.setdefault(place, []).append(pool.submit(self.last_loss, self.model))
        return {
            place: sum(job.result() for job in of_place) / len(of_place)
            for place, of_place in jobs.items()
        }

    def last_loss(self, model):
        """The training loss of the last epoch."""
        batch_size, epochs = self.w["batch"], self.w["epochs"]
        history = model.fit(self.X, self.y, batch_size=batch_size, epochs=epochs, verbose=0)
        return history.history["loss"][-1]

    def predictors(self, batch):
        """The three ways to get outputs, each a function of the inputs."""
        model = self.model
        return {
            "predict": lambda x: model.predict(x, verbose=0),
            "predict_on_batch": model.predict_on_batch,
            "call": lambda x: model(x).numpy(),
        }


if __name__ == "__main__":
    main(Trimtab)
