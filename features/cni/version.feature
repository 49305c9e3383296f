Feature: VERSION
  The runtime asks which versions a plugin speaks before it asks for more.

  @req:CNI-1
  Scenario Outline: VERSION is answered in <version>
    A plugin answers in the version it was asked in, and lists all that it speaks.

    Given a node "n1"
    When the runtime asks for the plugin's versions in <version>
    Then the answer is in <version> and lists <version>

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
