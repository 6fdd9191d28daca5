"""Pictures of learning, of networks and of what they compute.

=====================================================  ================================================================
`plot_learning_curves`                                 how loss and metrics changed
`plot_activations`, `plot_gradients`                   histograms, layer by layer
`plot_decision_regions`, `plot_loss_landscape`         what a model says of the plane; the loss around its parameters
`plot_images`, `plot_filters`                          examples with predictions; what a convolution looks for
`plot_confusion_matrix`, `plot_precision_recall`       which mistakes a classifier makes
`plot_attention`                                       who attends to whom
`draw_graph`, `to_dot`                                 the graph of a computation
=====================================================  ================================================================

Every function draws into ``ax`` if it is given and into a new figure if not, and returns the axes. Nothing global
changes, and nothing is shown: notebooks do that by themselves, scripts call ``matplotlib.pyplot.show()``.
"""

from mlcore.plotting.curves import plot_learning_curves, plot_precision_recall
from mlcore.plotting.distributions import plot_activations, plot_gradients
from mlcore.plotting.graph_drawing import draw_graph, to_dot
from mlcore.plotting.images import plot_filters, plot_images
from mlcore.plotting.landscape import plot_loss_landscape, random_direction
from mlcore.plotting.matrices import plot_attention, plot_confusion_matrix
from mlcore.plotting.regions import plot_decision_regions

__all__ = [
    "draw_graph",
    "plot_activations",
    "plot_attention",
    "plot_confusion_matrix",
    "plot_decision_regions",
    "plot_filters",
    "plot_gradients",
    "plot_images",
    "plot_learning_curves",
    "plot_loss_landscape",
    "plot_precision_recall",
    "random_direction",
    "to_dot",
]
