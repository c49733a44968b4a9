import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

tf.random.set_seed(42)
np.random.seed(42)
print("GPUs:", len(tf.config.list_physical_devices("GPU")))

x = np.random.normal(size=(96, 8)).astype("float32")
y = (x.sum(axis=1) > 0).astype("int32")

train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(96, seed=1).batch(16).prefetch(tf.data.AUTOTUNE)

model = keras.Sequential([
    keras.Input(shape=(8,)),
    layers.Dense(16, activation="relu"),
    layers.BatchNormalization(),
    layers.Dense(2),
])
optimizer = keras.optimizers.Adam(learning_rate=0.01)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(inputs, targets):
    with tf.GradientTape() as tape:
        logits = model(inputs, training=True)
        loss = loss_fn(targets, logits)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    accuracy.update_state(targets, logits)
    return loss


first = None
for epoch in range(3):
    for step, (inputs, targets) in enumerate(train):
        loss = train_step(inputs, targets)
        if first is None:
            first = float(loss)
    print("epoch", epoch, "accuracy", float(accuracy.result()))
    accuracy.reset_states()

probabilities = tf.nn.softmax(model(x))
predicted = tf.argmax(probabilities, axis=1)
print("mean", float(tf.reduce_mean(tf.cast(predicted == y, tf.float32))))
print("first loss", first)
print("parameters", model.count_params())
