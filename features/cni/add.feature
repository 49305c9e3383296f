Feature: ADD
  A pod comes: the plugin gives it an interface and tells what it did.

  @req:CNI-2 @req:CNI-3
  Scenario Outline: ADD is answered in <version>, and what it told is there
    The result has the form of the version asked; link, hardware address and
    addresses that it names are in the pod's namespace, ready for use.

    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a" in version <version>
    Then it succeeds
    And what ADD told of "a" is there, ready for use

    @cap:cni-0.3.0
    Examples:
      | version |
      | 0.3.0   |

    @cap:cni-0.3.1
    Examples:
      | version |
      | 0.3.1   |

    @cap:cni-0.4.0
    Examples:
      | version |
      | 0.4.0   |

    @cap:cni-1.0.0
    Examples:
      | version |
      | 1.0.0   |

    @cap:cni-1.1.0
    Examples:
      | version |
      | 1.1.0   |

  @req:CNI-11
  Scenario: Sixteen ADDs at once give sixteen addresses
    Given a node "n1"
    And 16 pods on "n1"
    Then no two pods have an address in common

  @req:CNI-10
  Scenario: A failed ADD leaves nothing on the node
    The sandbox has a link of the wanted name already, so the ADD cannot succeed;
    a pod that came and went shows that the comparison sees something.

    Given a node "n1"
    And a pod "z" on "n1"
    And the state of node "n1" is noted
    And a pod "b" on "n1"
    And the state of node "n1" is noted in between
    And the runtime deletes "b"
    And a sandbox "a" on "n1"
    And the sandbox "a" has a link eth0 of its own
    When the runtime adds "a"
    Then it fails, unlike "ADD b"
    And the node "n1" is as it was, unlike while "b" was there
